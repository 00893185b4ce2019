"""The command line of a study: the figure that it writes, or a page and its figure."""

import argparse
from pathlib import Path


def command(script, told):
    """Parser of a script whose docstring is `told`: `-o` names its figure, here by default."""
    script = Path(script)
    parser = argparse.ArgumentParser(description=told.splitlines()[0])
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="figure to write",
        default=script.parent / "figures" / f"{script.stem}.png",
    )
    return parser


def write_page(script, told, results, draw, page, arguments=None):
    """Measure, draw, write: NAME.md and figures/name.png of script name.py; what was measured."""
    script = Path(script)
    name = f"{script.stem.upper()}.md"
    parser = argparse.ArgumentParser(description=told.splitlines()[0])
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=script.parent,
        help=f"folder for {name} and figures/ (default: scripts/studies)",
    )
    parser.add_argument("--quick", action="store_true", help="smaller and shorter, for a look")
    options = parser.parse_args(arguments)
    found = results(options.quick)
    figures = options.output / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    draw(*found).savefig(figures / f"{script.stem}.png")
    text = page(*found)
    (options.output / name).write_text(text)
    print(text)
    return found
