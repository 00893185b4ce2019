"""Where things lie: the tree, the package, what other programs gave, real data beside the tree."""

import gzip
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "flownet"
SCRIPTS = ROOT / "scripts"
TESTS = ROOT / "tests"
REFERENCE = TESTS / "reference"
SHARED = ROOT.parent / "shared" / "data"


def earlier(name, path):
    """A file of an earlier flownet."""
    path.write_bytes(gzip.decompress((REFERENCE / f"{name}.h5.gz").read_bytes()))
    return path
