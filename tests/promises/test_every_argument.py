"""Every argument of everything that is public, replaced by what is none."""

import numpy as np
import public_calls
import pytest
from arguments import FAR
from public_calls import call_with, places, refused_or_taken


class Anything:
    """A class that takes whatever it is given."""

    def __init__(self, *_, **__):
        pass


BAD = {
    "None": None,
    "True": True,
    "text": "a",
    "no text": "",
    "NUL": "a\0b",
    "bytes": b"a",
    "nan": np.nan,
    "inf": np.inf,
    "0": 0,
    "-1": -1,
    "half": 0.5,
    "2^70": 2**70,
    "10^400": 10**400,
    "many digits": FAR,
    "complex": 1j,
    "list": [],
    "list of None": [None],
    "list of nan": [np.nan, np.nan],
    "ragged": [[1.0], [1.0, 2.0]],
    "table": {},
    "function": lambda *_, **__: None,
    "class": Anything,
    "object": object(),
    "empty": np.zeros(0),
    "number of NumPy": np.array(0.5),
    "objects": np.array([None, object()], object),
    "words": np.array(["a", "b"]),
    "nan of NumPy": np.full(13, np.nan),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "records": np.zeros(2, [("a", "f8")]),
    "masked": np.ma.masked_array([1.0, 2.0], [True, False]),
    "matrix": np.ones((3, 3)),
    "cube": np.ones((2, 2, 2)),
}


@pytest.mark.slow
def test_every_argument_of_everything(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # "a" is the path of a file
    wrong = []
    for name in public_calls.calls():
        call_with(name, None, None)  # as it stands it is right
        for place in places(name):
            for kind, value in BAD.items():
                try:
                    refused_or_taken(name, place, value)
                except Exception as error:  # that is what is looked for
                    told = f"{type(error).__name__}: {error}".splitlines()[0]
                    wrong.append(f"{name}, {place} = {kind}: {told[:160]}")
    assert not wrong, "\n".join(wrong)
