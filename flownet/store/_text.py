"""An experiment's tables as TOML text; arrays in them go to data sets of the file and back."""

import tomllib

import numpy as np
import tomli_w

from .._errors import FlownetError

_MARK = "dataset:/"


def to_text(tables):
    """TOML text of nested tables, and the arrays (path → array) that it refers to.

    An array at `data.x` is written `x = "dataset:/data/x"`.
    """
    arrays = {}
    return tomli_w.dumps(_plain(tables, "", arrays)), arrays


def from_text(text, array):
    """Tables of `to_text`'s text; `array(path)` gives the arrays."""
    try:
        return _whole(tomllib.loads(text), array)
    except FlownetError:
        raise
    except (ValueError, RecursionError) as error:  # of TOML, or a number of thousands of digits
        reason = " ".join(str(error).split()).rstrip(".")
        raise FlownetError(f"the experiment kept with the run is not TOML: {reason}.") from None


def _plain(value, path, arrays):
    if isinstance(value, dict):
        return {
            key: _plain(part, f"{path}/{key}".lstrip("/"), arrays)
            for key, part in value.items()
            if part is not None
        }
    if isinstance(value, (list, tuple)):
        return [_plain(part, f"{path}/{i}", arrays) for i, part in enumerate(value)]
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return _MARK + path
    return value.item() if isinstance(value, np.generic) else value


def _whole(value, array):
    if isinstance(value, dict):
        return {key: _whole(part, array) for key, part in value.items()}
    if isinstance(value, list):
        return [_whole(part, array) for part in value]
    if isinstance(value, str) and value.startswith(_MARK):
        return array(value.removeprefix(_MARK))
    return value
