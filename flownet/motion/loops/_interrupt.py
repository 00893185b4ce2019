"""Ctrl-C while a run goes on: noted, and looked at between two blocks of steps."""

import signal
import sys
import threading
from contextlib import contextmanager

from ..._errors import FlownetError, shown

RAISE, RETURN = "raise", "return"


def on_interrupt_of(given):
    """What Ctrl-C does: "raise" or "return"; by default "return" where somebody types."""
    if given is None:
        # Python sets it where it prompts, and so do IPython and notebooks; scripts have none
        return RETURN if hasattr(sys, "ps1") else RAISE
    if not isinstance(given, str) or given not in (RAISE, RETURN):
        raise FlownetError(f"on_interrupt is {shown(given)}; it has to be 'raise' or 'return'.")
    return given


@contextmanager
def interrupts():
    """Context that gives a function: was Ctrl-C pressed? Pressed again it interrupts at once.

    Where somebody handles the signal himself, and on other threads than the main one, it is left
    alone.
    """
    plain = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or (
        signal.getsignal(signal.SIGINT) is not plain
    ):
        yield lambda: False
        return
    pressed: list[bool] = []

    def note(number, frame):
        if pressed:
            plain(number, frame)
        pressed.append(True)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, plain)
