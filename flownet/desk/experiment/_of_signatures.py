"""Tables of a file made of signatures: their keys are the arguments of a class, or of its kinds.

Types and defaults are those of the signatures, and pydantic checks them. A new kind of anything
needs no line here.
"""

import re
import sys
from inspect import formatannotation, signature
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, create_model, model_validator

from ... import _registry, _types
from ..._errors import FlownetError

#: what the names in signatures mean in a file, where that is something else than in Python
IN_A_FILE: dict[str, Any] = {}

#: types of what other tables of the file make
_ELSEWHERE = {
    "Network",
    "System",
    "Energy",
    "Verlet",
    "Loss",
    "Dataset",
    "AnyPotential",
    "AnyChart",
    "Mechanics",
    "Charges",
}


def one_of(what, allowed):
    def check(name):
        if name not in allowed:
            raise ValueError(_registry.unknown(what, name, allowed))
        return name

    return Annotated[str, AfterValidator(check)]


class Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @classmethod
    def keys_beside(cls, given):
        """Keys that a table may have which says this much."""
        return list(cls.model_fields)


class Kind(Table):
    """A table whose keys are the arguments of its kind, beside a few of the table's own."""

    family: ClassVar[str]
    own: ClassVar[set[str]]
    whole: ClassVar[bool]  # whether other tables fill none of its arguments
    usual: ClassVar[str | None]  # the kind of one that says none, where that may be

    @classmethod
    def of_kind(cls, kind):
        """Arguments of a kind, and what messages call it."""
        kind = kind or cls.usual
        return arguments(_registry.find(cls.family, kind)), kind

    @classmethod
    def keys_beside(cls, given):
        """Keys of the kind that it names; of one that there is not, those of all kinds."""
        try:
            words, _ = cls.of_kind(given.get("kind"))
        except FlownetError:
            return super().keys_beside(given)
        return [word for word in cls.model_fields if word in {*words, *cls.own}]

    @model_validator(mode="after")
    def _words_of_its_kind(self):
        words, name = self.of_kind(self.kind)
        given = [word for word in type(self).model_fields if word in self.model_fields_set]
        for word in given:
            if word not in {*words, *self.own}:
                takes = f"it takes {', '.join(words)}" if words else "it takes nothing else"
                raise ValueError(f"{name} takes no {word}; {takes}.")
        for word, argument in words.items() if self.whole else ():
            if argument.default is argument.empty and word not in given:
                raise ValueError(f"the key {word} of {name} is missing.")
        return self


def arguments(make):
    """Arguments that a file may name, of a class or a function; their types as text."""
    found = {}
    for word in signature(make).parameters.values():
        said = "Any" if word.annotation is word.empty else word.annotation
        text = said if isinstance(said, str) else formatannotation(said)
        if word.kind is not word.VAR_KEYWORD and not _ELSEWHERE & set(re.findall(r"\w+", text)):
            found[word.name] = word.replace(annotation=text)
    return found


def table(name, makes, base=Table, skip=(), **own):
    """The table whose keys are the arguments of classes or functions but some, and its own.

    A single one says what is needed and what the defaults are; of several no argument is needed.
    """
    types, defaults, names = {}, {}, {}
    for make in makes:
        for maker in reversed(make.__mro__) if isinstance(make, type) else [make]:
            names |= vars(sys.modules[maker.__module__])
        for word, argument in arguments(make).items():
            if word not in {*own, *skip}:
                types.setdefault(word, {})[argument.annotation] = None
                needed = len(makes) == 1 and argument.default is argument.empty
                defaults[word] = ... if needed else argument.default
    if len(makes) > 1:
        types = {word: {**texts, "None": None} for word, texts in types.items()}
        defaults = dict.fromkeys(types)
    fields = {word: (" | ".join(texts), defaults[word]) for word, texts in types.items()}
    made = create_model(name, __base__=base, __module__=__name__, **own, **fields)
    names |= vars(_types) | IN_A_FILE | {name: made}
    made.model_rebuild(_types_namespace=names)
    return made


def family(name, family, base=Kind, whole=True, but=(), usual=None, **own):
    """The table of a family: any argument of any of its kinds, but for those that take another."""
    kinds = [kind for kind in _registry.names(family) if kind not in but]
    known = one_of(family, kinds)
    own = {"kind": (known, ...) if usual is None else (known | None, None), **own}
    made = table(name, [_registry.find(family, kind) for kind in kinds], base, **own)
    made.family, made.own, made.whole, made.usual = family, set(own), whole, usual
    return made
