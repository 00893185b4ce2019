"""How many processors the control groups of Linux let a process use, as containers set them."""

import math
from pathlib import Path


def quota(root="/"):
    """Processors' time a second that a process may use; ∞ where nothing says less.

    Parameters
    ----------
    root : path
        Of the file system.
    """
    root = Path(root)
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return math.inf
    mounts, least = root / "sys/fs/cgroup", math.inf
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds == "" or "cpu" in kinds.split(","):
            mount = mounts / kinds
            group = mount / path.strip("/")
            for folder in (group, *group.parents):
                least = min(least, _share(folder))
                if folder == mount:
                    break
    return least


def _share(group):
    """The share of one group: cpu.max of the second version, two files of the first."""
    try:
        if (group / "cpu.max").is_file():
            most, period = (group / "cpu.max").read_text("utf-8").split()
        else:
            most, period = (
                (group / f"cpu.cfs_{name}_us").read_text("utf-8") for name in ("quota", "period")
            )
        return int(most) / int(period) if int(most) > 0 else math.inf
    except (OSError, ValueError):  # there is no such file, or it says "max"
        return math.inf
