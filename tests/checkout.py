"""Where things lie: the tree, the package, what other programs gave, real data beside the tree."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "flownet"
SCRIPTS = ROOT / "scripts"
TESTS = ROOT / "tests"
REFERENCE = TESTS / "reference"
SHARED = ROOT.parent / "shared" / "data"
