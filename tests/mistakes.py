"""How a mistake has to be told: one error class, one line, with the words expected in it."""

from contextlib import contextmanager

import pytest

from flownet import FlownetError


@contextmanager
def told_in_one_line(words):
    """Block that has to end in such an error; `words` is a pattern."""
    with pytest.raises(FlownetError, match=words) as caught:
        yield caught
    assert "\n" not in str(caught.value)
