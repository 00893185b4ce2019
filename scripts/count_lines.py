"""Count lines of code, without docstrings, comments and blank lines.

    python scripts/count_lines.py [FOLDER]

Prints them for each room of a folder (default: flownet), then the number of modules in each folder,
and the files that are over 300 lines long, everything counted.
"""

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path

LONG = 300
SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def lines_of(node):
    """Numbers of the lines that a node or a token spans."""
    first, last = (
        (node.start[0], node.end[0])
        if isinstance(node, tokenize.TokenInfo)
        else (node.lineno, node.end_lineno)
    )
    return set(range(first, last + 1))


def docstring(node):
    """Lines of the docstring of a module, class or function."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    has_one = isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None
    return lines_of(node.body[0]) if has_one else set()


def code_lines(text):
    """Number of lines of a module's text that hold code."""
    told = set().union(*map(docstring, ast.walk(ast.parse(text))))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return len(set().union(*(lines_of(t) for t in tokens if t.type not in SILENT)) - told)


def counted(folder):
    """Lines of code by room, modules by folder, and whole lengths of long files."""
    rooms, modules, long = Counter(), Counter(), {}
    for path in sorted(folder.rglob("*.py")):
        text, inside = path.read_text(), path.relative_to(folder)
        rooms[inside.parts[0] if len(inside.parts) > 1 else "."] += code_lines(text)
        modules[str(inside.parent)] += 1
        if len(text.splitlines()) > LONG:
            long[str(inside)] = len(text.splitlines())
    return rooms, modules, long


def main(folder="flownet"):
    """Print the three tables."""
    if not Path(folder).is_dir():
        sys.exit(f"{folder} is no folder; name one that has Python modules in it")
    rooms, modules, long = counted(Path(folder))
    for title, table, total in (
        ("lines of code, by room", rooms, True),
        ("modules, by folder", modules, True),
        (f"files over {LONG} lines", long, False),
    ):
        print(title)
        for name, number in table.items():
            print(f"    {name:<40}{number:>7}")
        if total:
            print(f"    {'in total':<40}{sum(table.values()):>7}")
        elif not table:
            print("    none")


if __name__ == "__main__":
    main(*sys.argv[1:2])
