"""From the field's words to flownet's: the tables of the vocabulary, turned round."""

import re

_NOTHING = "", "the same"


def write(source):
    """Write `reference/field_words.md`, which the glossary includes."""
    lines = ["| the field says | flownet says | in code |", "|---|---|---|"]
    for field, word, code in sorted(turned(source), key=lambda row: row[0].lower()):
        lines.append(f"| {field} | {word} | {code} |")
    (source / "reference" / "field_words.md").write_text("\n".join(lines) + "\n")


def turned(source):
    """Rows of the field's word, flownet's, and what it is in code."""
    head = None
    for line in (source / "vocabulary.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            head = None
        elif head is None:
            head = cells
        elif "the field says" in head and not set(line) <= set("|- "):
            row = dict(zip(head, cells))
            for field in re.split(r"[,;] (?![^(]*\))", row["the field says"]):
                if field not in _NOTHING:
                    yield field, row["word"], row["in code"]
