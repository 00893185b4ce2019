"""Results that are told as pairs of a name and a value."""


class Paired:
    """A result that prints the pairs of its `_rows()`, and shows them as a table in a notebook."""

    def __repr__(self):
        return "\n".join(f"{name:<34}{value}" for name, value in self._rows())

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td style='text-align:left'>{name}</td><td>{value}</td></tr>"
            for name, value in self._rows()
        )
        return f"<table>{rows}</table>"
