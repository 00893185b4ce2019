"""The pages of the reference: a group of public names each, as `reference.toml` says."""

import inspect
import tomllib
from functools import cached_property
from importlib import import_module
from pathlib import Path

import flownet as fn

_OPTIONAL = ("sklearn",)  # rooms that are public and not part of the face
_MEMBERS = property, cached_property, classmethod, staticmethod

TABLE = Path(__file__).parents[1] / "reference.toml"


def groups():
    """Tables of `reference.toml`: title, about, module, names."""
    return tomllib.loads(TABLE.read_text())["group"]


def listed():
    """Full names, `flownet.plot.loss`, that some group has."""
    return [f"{group['module']}.{name}" for group in groups() for name in group["names"]]


def public():
    """Full names of what is public: the face, each module that it names, and those of groups."""
    modules = {group["module"] for group in groups()} - {"flownet"}
    for name in fn.__all__:
        if inspect.ismodule(found(f"flownet.{name}")):
            modules.add(f"flownet.{name}")
        elif name != "__version__":
            yield f"flownet.{name}"
    for module in sorted(modules):
        for name in found(module).__all__:
            if name not in fn.__all__ or found(f"flownet.{name}") is not found(f"{module}.{name}"):
                yield f"{module}.{name}"


def found(name):
    """The object of a full name."""
    value = fn
    for part in name.split(".")[1:]:
        if part in _OPTIONAL:
            import_module(f"flownet.{part}")
        value = getattr(value, part)  # names are data here: those of the table
    return value


def members(cls):
    """Names of the public methods and properties of a class, of its own and inherited ones."""
    seen = set()
    for owner in cls.__mro__:
        if owner.__module__.startswith("flownet"):
            for name, value in vars(owner).items():
                told = callable(value) or isinstance(value, _MEMBERS)
                if told and not name.startswith("_") and name not in seen:
                    yield name
                seen.add(name)


def write(source):
    """Write the pages into the folder `reference` of the site's sources."""
    folder = source / "reference"
    folder.mkdir(exist_ok=True)
    pages = []
    for group in groups():
        page = group["title"].lower().replace(" ", "_").replace(",", "")
        (folder / f"{page}.rst").write_text(_page(group))
        pages.append(page)
    (folder / "index.rst").write_text(
        f"{_heading('Reference')}"
        "Every public name, by topic. ``import flownet as fn``, and ``fn.train`` is\n"
        "``flownet.train``.\n\n.. toctree::\n   :maxdepth: 1\n\n"
        + "".join(f"   {page}\n" for page in pages)
    )


def _page(group):
    names = [name for name in group["names"] if not _is_constant(f"{group['module']}.{name}")]
    text = f"{_heading(group['title'])}{group['about']}\n\n.. currentmodule:: {group['module']}\n\n"
    text += ".. autosummary::\n   :toctree: names\n   :nosignatures:\n\n"
    text += "".join(f"   {name}\n" for name in names)
    for name in group["names"]:
        if name not in names:
            values = ", ".join(f"``{value}``" for value in found(f"{group['module']}.{name}"))
            text += f"\n.. py:data:: {name}\n\n   {values}\n"
    return text


def _is_constant(name):
    return not callable(found(name))


def _heading(title):
    return f"{title}\n{'=' * len(title)}\n\n"
