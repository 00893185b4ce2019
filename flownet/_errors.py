"""The one error a user's mistake raises."""


class FlownetError(ValueError):
    """A user's mistake: one line that says what was wrong, where, and what would be right."""


def shown(value):
    """A value as an error line shows it: on one line, and short."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
