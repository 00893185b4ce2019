"""The table and the figure of what `bench gpu` has measured, made from its file."""

import json

import gpu_aims

from flownet import FlownetError

STEP, MAP, PRODUCT = "step ", "map ", "product "
#: who is drawn, from the first on
LINES = (
    "flownet", "flownet, CPU", "PyTorch", "PyTorch, CUDA graph", "JAX jit", "JAX scan",
    "flownet, cuBLAS",
)  # fmt: skip


def read(path):
    """The last `begin` of a file, and the newest row of each (what, who); a cut line is none."""
    begin, rows = None, {}
    for line in path.read_text("utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:  # the last one of a run that was cut
            continue
        if row["what"] == "begin":
            if begin is not None and row["device"] != begin["device"]:
                rows = {}  # figures of two devices say nothing side by side
            begin = row
        elif "left_out" not in row or (row["what"], row["who"]) not in rows:
            rows[row["what"], row["who"]] = row
    if begin is None:
        raise FlownetError(f"{path} holds no figures of `bench gpu`.")
    return begin, rows


def _number(row):
    if row is None or "left_out" in row:
        return "–"
    value = row["microseconds"]
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def table(begin, rows):
    """Markdown: claims, µs of a step, of a member's step, TFLOP/s, what was left out."""
    gib = begin["bytes"] / 2**30
    lines = [
        f"Measured on an {begin['device']} ({gib:.0f} GiB) on {begin['when']}, flownet "
        f"{begin['flownet']}, numpy {begin['numpy']}, numba {begin['numba']}"
        + "".join(f", {name} {begin[name]}" for name in ("torch", "jax") if name in begin)
        + ", by `python scripts/bench gpu`.",
        "",
        *_table(["claim", "seen", "must", "aim", "holds"], gpu_aims.lines(begin, rows)),
    ]
    for kind, head in ((STEP, "µs a step"), (MAP, "µs a member's step, sweeps")):
        whats = list(dict.fromkeys(what for what, _ in rows if what.startswith(kind)))
        who = [w for w in (*LINES, "JAX vmap") if any((what, w) in rows for what in whats)]
        if whats:
            lines += _table(
                [head, "batch", *who],
                [
                    [
                        what.removeprefix(kind), _batch(rows, what),
                        *(_number(rows.get((what, w))) for w in who),
                    ]
                    for what in whats
                ],
            )  # fmt: skip
    products = list(dict.fromkeys(what for what, _ in rows if what.startswith(PRODUCT)))
    if products:
        cells = [
            [
                what.removeprefix(PRODUCT),
                *(_tflops(rows.get((what, w))) for w in ("flownet", "cuBLAS")),
            ]
            for what in products
        ]
        lines += _table(["side of a product, TFLOP/s", "flownet", "cuBLAS"], cells)
    out = {row["who"]: row["left_out"] for row in rows.values() if "left_out" in row}
    lines += [f"Left out: {who}: {why}." for who, why in out.items()]
    return "\n".join(lines).rstrip() + "\n"


def _batch(rows, what):
    return str(next(row["batch"] for (w, _), row in rows.items() if w == what and "batch" in row))


def _tflops(row):
    return "–" if row is None or "left_out" in row else f"{row['tflops']:.3g}"


def _table(head, cells):
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in cells),
        "",
    ]


def figure(begin, rows):
    """Time of a step against its floating-point operations, each contestant a line."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from flownet.desk.plot._style import STYLE, below, line

    with rc_context(STYLE):
        made = Figure(figsize=(6.4, 5.0), layout="constrained")
        axis = made.add_subplot()
        for i, who in enumerate(LINES):
            points = sorted(
                (row["flops"], row["microseconds"])
                for (what, w), row in rows.items()
                if w == who and what.startswith(STEP) and "left_out" not in row
            )
            if points:
                line(axis, i, *zip(*points), label=who, marker="o", markersize=4)
        axis.set(
            xscale="log", yscale="log", xlabel="floating-point operations of a step",
            ylabel="time of a step in µs", title=f"From where on a GPU pays: {begin['device']}",
        )  # fmt: skip
        below(axis, ncol=3, bbox_to_anchor=(0.5, -0.14))
    return made


def write(path, table_to, figure_to):
    """Make what was asked for."""
    if not path.is_file():
        raise SystemExit(f"bench gpu: there is no file {path}: run `bench gpu` where a device is")
    begin, rows = read(path)
    if table_to:
        table_to.write_text(table(begin, rows), "utf-8")
        print(f"wrote {table_to}")
    if figure_to:
        figure(begin, rows).savefig(figure_to)
        print(f"wrote {figure_to}")
