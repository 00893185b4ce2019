"""Campaigns that show what files of runs withstand.

    python scripts/trust damage --files 10000
    python scripts/trust kill --rounds 500
    python scripts/trust writes --share 0.1
    python scripts/trust soak --steps 10000000

Each prints what was seen, and its exit code is 0 where all is as it should be. `--help` behind a
name says what it takes.
"""

import sys
from importlib import import_module
from pathlib import Path

CAMPAIGNS = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if "def main(" in path.read_text()
)


def run(arguments):
    """Run the campaign that the first argument names."""
    if not arguments or arguments[0] not in CAMPAIGNS:
        print(f"{__doc__}\nThere are: {', '.join(CAMPAIGNS)}.")
        return 2
    return import_module(arguments[0]).main(arguments[1:])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
