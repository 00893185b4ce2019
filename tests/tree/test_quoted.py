"""Measured numbers of README and docs name their command, or stand beside the program they are of.

What `quoted` means by that; `test_site` compares them with what is printed.
"""

import pytest
from checkout import ROOT
from quoted import SECTIONS, Section, parts, quoted_from


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_measured_number_has_a_command_or_a_program(section):
    without = [n for n, named in section.measured() if not named and not section.programs]
    assert not without, f"{section.name}: {without}: name the command that prints them"


def test_a_quoted_number_is_a_printed_one_rounded():
    assert quoted_from("0.068", "loss 0.06846") and quoted_from("3e-8", "3.164e-08")
    assert not quoted_from("0.068", "loss 0.01878") and not quoted_from("3e-8", "3.64e-08")
    assert quoted_from("71.2", "by −71.2 %") and not quoted_from("0.4665", "0.46")


def test_a_comment_in_a_program_is_no_heading():
    program = "```python\n# why\nprint(1)\n```\n"
    assert parts(f"# A\n\n{program}## B\nIt is §3.6.\n") == [
        "",
        f"\n\n{program}",
        "\nIt is §3.6.\n",
    ]
    assert not list(Section(ROOT / "README.md", 0, "TM §3.6 says so.\n").measured())


def test_what_is_told_beside_a_program_of_another_problem_is_seen():
    """The fault that this file is for: numbers of a study beside a program that prints others."""
    page = ROOT / "README.md"
    text = (
        "A run ends with 0.068, not 3e-8 (`python scripts/studies/lanes.py`):\n\n"
        "```python\nprint(0.01878)\n```\n"
    )
    section = Section(page, 0, text)
    assert [n for n, _ in section.measured()] == ["0.068", "3e-8"] and section.compared()
    assert not any(quoted_from(n, "0.01878") for n, _ in section.measured())
    unnamed = Section(page, 0, "It is 3.2 % faster.\n")
    assert list(unnamed.measured()) == [("3.2", [])]
    named = Section(page, 0, "It is 3.2 % faster.\n\n`python scripts/bench steps` says so.\n")
    assert not named.compared()
