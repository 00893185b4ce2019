"""`flownet devices`: what there is to compute on, and what would help where there is no GPU."""

from .._errors import FlownetError
from ..kernels.device import described


def device_lines():
    """One line for each device; for CUDA, where there is none, why and what installs it."""
    lines = [_line(device) for device in described("cpu")]
    try:
        lines += [_line(device) for device in described("cuda")]
    except FlownetError as error:
        lines.append(f"cuda   none: {error}")
    return "\n".join(lines)


def _line(device):
    name, *facts = device
    return f"{name:<7}{', '.join(facts)}"
