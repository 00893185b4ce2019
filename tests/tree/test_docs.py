"""Pages say what is there: links, paths, rooms, public names, and what stands below a program."""

import inspect
import re

import pytest
import quoted
from checkout import PACKAGE, ROOT, SCRIPTS
from quoted import DOCS, MADE
from site_tools import reference, words
from site_tools.links import target, targets
from site_tools.programs import agrees, programs
from test_rooms import ROOMS

OTHERS = [ROOT, ROOT / "data", SCRIPTS / "studies"]
PAGES = sorted({*quoted.PAGES, *(page for folder in OTHERS for page in folder.glob("*.md"))})
ARCHITECTURE = (DOCS / "architecture.md").read_text()
LISTED = re.findall(r"^\| `([\w/]+)` \|", ARCHITECTURE.split("## Around")[0], re.MULTILINE)


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_and_figures_are_there(page):
    for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
        place = (page.parent / link).resolve()
        if not link.startswith("https://") and not any(map(place.is_relative_to, MADE)):
            assert place.exists(), link


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_paths_are_there(page):
    """Whatever looks like a path of the project, a command's script included."""
    paths = re.findall(r"\b(?:flownet|tests|scripts)/[\w./-]*\w", page.read_text())
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_list_of_rooms_is_the_one_that_imports_keep():
    """Lower rooms first; a folder that is nothing but a face has a line, and no place in theirs."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE}
    assert set(LISTED) == {path.relative_to(PACKAGE).as_posix() for path in folders}
    assert [name for name in LISTED if name in ROOMS] == ROOMS[::-1]


# ---- the reference -------------------------------------------------------------------------------


def test_every_public_name_is_in_the_reference():
    """Once; what is missing wants a place in a group of scripts/docs/reference.toml."""
    listed, public = reference.listed(), set(reference.public())
    missing, gone = public - set(listed), set(listed) - public
    assert not missing, f"in no group of {relative(reference.TABLE)}: {', '.join(sorted(missing))}"
    assert not gone, f"in {relative(reference.TABLE)}, and not public: {', '.join(sorted(gone))}"
    assert len(listed) == len(set(listed)) > 100


@pytest.mark.parametrize("name", reference.listed())
def test_every_public_name_and_member_says_what_it_is(name):
    """In a sentence that ends with a full stop; a tuple or table of names shows them."""
    value = reference.found(name)
    if not callable(value):
        assert len(value) > 1
        return
    told = {name: value}
    if inspect.isclass(value):
        told |= {f"{name}.{each}": getattr(value, each) for each in reference.members(value)}
    for each, what in told.items():
        first = (inspect.getdoc(what) or "").split("\n\n")[0]
        assert first.endswith((".", ":", "…")), f"{each}: {first!r}"


def test_code_in_a_sentence_leads_to_what_it_names():
    """A word that is an argument elsewhere does so only where it is called, or behind `fn.`."""
    names = targets()
    for code, wanted in {
        "fn.flow": "flownet.flow",
        "flow": None,
        "Adam(0.01)": "flownet.Adam",
        "departure_power": "flownet.departure_power",
        "fn.plot.flows(run, flow)": "flownet.plot.flows",
        "Potential.value": "flownet.Potential.value",
        "potential.value": None,
        "fn.nothing": None,
    }.items():
        assert target(code, names) == wanted, code


def test_the_glossary_is_the_vocabulary_turned_round():
    turned = {field: (word, code) for field, word, code in words.turned(DOCS)}
    assert turned["learning rate"] == ("step", "`step`")
    assert turned["SGD"] == ("Aristotle's", "`Aristotle`")
    assert turned["β = e^{−λ·step/m}"][0] == "mass, friction"
    assert len(turned) > 50 and "" not in turned


# ---- what stands below a program -----------------------------------------------------------------


def test_programs_of_a_page_and_what_they_print():
    page = (
        "```python\nprint(1)\n```\n\n```text\n1\n```\n\n```bash\n"
        "flownet info run.h5  # why\n./scripts/demo\n```\n\nThen\n\n```text\nnothing\n```\n"
    )
    first, second = programs(page)
    assert (first.language, first.text, first.shown) == ("python", "print(1)\n", "1\n")
    assert page[slice(*first.place)] == "1\n" and second.shown is None
    assert second.commands == [["flownet", "info", "run.h5"]]


@pytest.mark.parametrize(
    "shown, printed, agree",
    [
        ("loss  0.0831\n", "loss 0.0830\n", True),
        ("loss  0.0831\n", "loss 0.0731\n", False),
        ("loss 0.1", "gain 0.1", False),
        ("loss 1 of 2", "loss 1 of 2 or 3", False),
        ("first\n...\nlast 3\n", "first\nsecond 2\nlast 3\n", True),
        ("first\n...\nlast 3\n", "first\nsecond 2\nlast 4\n", False),
        ("residual 2e-15", "residual 4e-16", True),
        ("−3", "3", False),
    ],
)
def test_a_page_shows_what_is_printed(shown, printed, agree):
    """The same words; numbers to 2 %, and rounding has no digits."""
    assert agrees(shown, printed) == agree
