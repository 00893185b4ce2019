"""Numbers in README and docs come from a program beside them, or name the command that prints them.

A measured number is one with a decimal point, a power of ten, or a per cent sign, that stands in
the text and in no program of its section. Its paragraph names the command that prints it, in
backquotes, or the next paragraph begins with it, or a program of its section prints it; where it
leads to a program by a colon, a program does, whatever else it names. What takes
seconds is run here, and the number compared to the digits that are quoted; of studies and
benchmarks only the name is asked.
"""

import re
import shlex

from checkout import ROOT, SCRIPTS

DOCS = SCRIPTS / "docs"
MADE = [DOCS / "reference", DOCS / "gallery"]  # by ./scripts/site
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted(DOCS.rglob("*.md")) if not any(map(page.is_relative_to, MADE))),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(
    r"(?<!Python )(?<![\w.:/§−-])\d+(?:\.\d+(?:e[−-]?\d+)?|e[−-]?\d+|(?= ?%))(?!\w)"
)
PRINTED = re.compile(r"[−-]?\d+(?:\.\d*)?(?:e[−+-]?\d+)?")
NAMED = re.compile(
    r"`((?:python scripts/|\./scripts/|flownet )[^`]*)`|`(tests/[\w/]+/test_\w+\.py)`"
)


PROGRAM = "\0"  # where one stood


class Section:
    """What stands under one heading: paragraphs, programs in order, and what follows each."""

    def __init__(self, page, number, text):
        self.page, self.name = page, f"{page.relative_to(ROOT)}:{number}"
        blocks = BLOCK.findall(text)
        self.programs = [code for language, code in blocks if language == "python"]
        code = " ".join([body for _, body in blocks] + re.findall(r"`[^`]*`", text))
        self.inputs = {_plain(number) for number in PRINTED.findall(code)}
        text = BLOCK.sub(lambda block: f"\n\n{PROGRAM}\n\n" * (block[1] == "python"), text)
        bare = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
        self.paragraphs = [part for part in bare.split("\n\n") if part.strip()]

    def measured(self):
        """Each measured number, and the commands named for it."""
        for paragraph, after in zip(self.paragraphs, [*self.paragraphs[1:], ""]):
            introduces = paragraph.rstrip().endswith(":") and after.strip() == PROGRAM
            named = (
                []
                if introduces
                else _named(paragraph) or (_named(after) if after.lstrip().startswith("`") else [])
            )
            prose = re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+", " ", paragraph)
            for number in NUMBER.findall(prose):
                if _plain(number) not in self.inputs:
                    yield _plain(number), named

    def compared(self):
        """Those that are to be found in what is printed, with the commands that print it."""
        return [
            (number, named)
            for number, named in self.measured()
            if not named or all(map(_quick, named))
        ]


def _plain(number):
    return number.replace("−", "-")


def _named(paragraph):
    return ["".join(found) for found in NAMED.findall(" ".join(paragraph.split()))]


def parts(text):
    """What stands under each heading of a page, before the first one first."""
    code = [range(*block.span()) for block in BLOCK.finditer(text)]  # its # begins a comment
    heads = [
        head
        for head in re.finditer(r"^#+ .*$", text, flags=re.MULTILINE)
        if not any(head.start() in block for block in code)
    ]
    begins = [0, *(head.end() for head in heads)]
    ends = [*(head.start() for head in heads), len(text)]
    return [text[begin:end] for begin, end in zip(begins, ends)]


def _sections():
    for page in PAGES:
        found = parts(page.read_text(encoding="utf-8"))
        yield from (Section(page, i, part) for i, part in enumerate(found))


def _quick(command):
    """Commands that the tests run: the shell's, on files that are there."""
    return command.startswith("flownet ") and all(
        (ROOT / word).exists() for word in shlex.split(command)[2:] if "/" in word
    )


SECTIONS = list(_sections())


def quoted_from(number, printed):
    """Whether a printed number, rounded to the digits of the quoted one, is that one."""
    digits, _, power = number.partition("e")
    unit = 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    return any(
        abs(abs(float(_plain(other))) - float(number)) <= 0.5 * unit * (1 + 1e-9)
        for other in PRINTED.findall(printed)
    )
