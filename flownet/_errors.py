"""The one error a user's mistake raises."""


class FlownetError(ValueError):
    """A user's mistake: one line that says what was wrong, where, and what would be right."""


def shown_name(value):
    """What somebody calls a thing, as text."""
    return value if isinstance(value, str) else shown(value)


def shown(value):
    """A value as an error line shows it: on one line, and short."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # whole numbers of more digits than Python prints, or a class of somebody's
        text = f"a {type(value).__name__} that cannot be printed"
    return text if len(text) <= 60 else text[:57] + "..."
