"""The examples in docstrings run and print what they say; public docstrings are in good form."""

import doctest
import inspect
from importlib import import_module

import pytest
from checkout import PACKAGE
from numpydoc.validate import validate
from site_tools import reference

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples():
    """Docstrings of the package that hold examples, by their names."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>>" in path.read_text():
            name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            module = import_module(name.removesuffix(".__init__"))
            yield from (found for found in finder.find(module) if found.examples)


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.name)
def test_example(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = []
    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=said.append)
    assert not said, "".join(said)


#: of numpydoc: no docstring, an unknown section or one out of its order, a summary without its
#: full stop, unknown parameters, and a colon without its space
FAULTS = {"GL06", "GL07", "GL08", "SS03", "PR02", "PR10"}
UNTOLD = {"PR01"}  # parameters that are not told: a fault where a section tells some


@pytest.mark.parametrize("name", reference.listed())
def test_public_docstrings_are_in_numpydocs_form(name):
    value = reference.found(name)
    if not callable(value):
        return  # names of activations: no docstring of their own
    wanted = {name: value}
    if inspect.isclass(value):
        wanted |= {f"{name}.{each}": getattr(value, each) for each in reference.members(value)}
    for each, what in wanted.items():
        some = "Parameters\n---" in (inspect.getdoc(what) or "")
        faults = FAULTS | UNTOLD if some else FAULTS
        told = [line for line in validate(each)["errors"] if line[0] in faults]
        assert not told, f"{each}: {told}"
