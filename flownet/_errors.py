"""The one error a user's mistake raises."""


class FlownetError(ValueError):
    """A user's mistake: one line that says what was wrong, where, and what would be right."""
