"""What a run holds, as a table: in a notebook, and of its file."""

from dataclasses import replace

from ..._table import Table


def table_of(run, title=None):
    """`Table` of a run's parameters, observables, analyses and losses."""
    rows, D = run.parameters.shape
    loss = None
    if len(run.loss):
        loss = (
            f"{run.loss[0]:.6g} → {run.loss[-1]:.6g}, time {run.observables['loss'].time[-1]:.6g}"
        )
    return Table(
        repr(run) if title is None else title,
        {
            "parameters": (str, [f"{rows} rows of {D} {run.parameters.dtype}"]),
            "observables": (str, [_counted(run.observables)]),
            "analyses": (str, [_counted(run.analyses)]),
            "loss": (str, [loss]),
            "parts": (str, ["; ".join(map(repr, run.parts)) if len(run.parts) > 1 else None]),
            "best": (str, [run.best and best_line(run.best)]),
        },
        upright=True,
    )


def best_line(best):
    """The best state of a run, in words."""
    return f"best state {best.value:.6g} at iteration {best.iteration}, time {best.time:.6g}"


def html_of(run):
    """A run as a notebook shows it: its table, and what it is a run of."""
    table = table_of(run)
    potential = None if "network" not in run.experiment else _network(run.experiment)
    more = {
        "mechanics": (str, [None if run.is_flow or run.mechanics is None else repr(run.mechanics)]),
        "network": (str, [potential]),
        "recorded in": (str, [run.path and str(run.path)]),
    }
    return replace(table, columns={**table.columns, **more})._repr_html_()


def _network(tables):
    """Data and sizes, without loading either."""
    sizes = "-".join(map(str, tables["network"]["sizes"]))
    return f"{sizes} on {tables.get('data', {}).get('name', 'data')}, {tables['loss']['kind']} loss"


def _counted(records):
    return ", ".join(f"{name} ({len(records[name].value)})" for name in records) or "none"
