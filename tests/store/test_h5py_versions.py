"""What files lean on in HDF5's bytes holds in the oldest and in the newest h5py that is allowed.

A reader finds rows by the order in which HDF5 reads, and a killed writer's mark by bytes of the
superblock: neither is promised by anybody, so that a new release may change it. Then this test is
to fail, and no user's file.
"""

import configparser
import os
import subprocess
import sys

import h5py
import pytest
from checkout import ROOT, TESTS

#: of the tests of the store, those of HDF5's bytes; they run in some seconds
LEANING = (
    "rows_come_back or any_hdf5_tool or reader_follows or superblock or repair_keeps "
    "or damaged_block or kill_and_resume or cut_short"
)

VERSIONS = "h5py.version.version, h5py.version.hdf5_version"


def oldest():
    """The oldest h5py that setup.cfg allows, as pip writes it."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    wanted = setup["options"]["install_requires"].split()
    (line,) = (each for each in wanted if each.startswith("h5py"))
    name, _, least = line.partition(">=")
    return f"{name}=={least}.*"


def installed(wanted, folder):
    """A folder with an h5py alone, or why there is none."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*pip, "--target", folder, wanted], capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        said = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        pytest.skip(f"{wanted} cannot be installed here: {said}")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("which", [oldest(), "h5py"])
def test_hdf5_is_as_files_take_it_to_be(which, tmp_path):
    folder = installed(which, tmp_path / "h5py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT)))}
    code = f"import h5py; print({VERSIONS}, h5py.__file__, h5py.version.info)"
    seen = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    if seen.returncode:
        pytest.skip(f"{which} does not load here: {seen.stderr.strip().splitlines()[-1]}")
    own, hdf5, file, *_ = seen.stdout.split()
    assert file.startswith(str(folder))
    if (own, hdf5) == (h5py.version.version, h5py.version.hdf5_version):
        pytest.skip("the tests of HDF5's bytes run with this one already")
    pytest_alone = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", LEANING]
    done = subprocess.run(
        [*pytest_alone, *(TESTS / "store").glob("test_store*.py")],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    assert done.returncode == 0, seen.stdout + done.stdout[-3000:]
