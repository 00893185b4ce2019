"""The command line of a study: the figure that it writes."""

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
