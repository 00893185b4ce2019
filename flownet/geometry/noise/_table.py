"""Mini-batch noise as tables, at most 100 columns wide, and in HTML for notebooks."""

from html import escape

import numpy as np

_MOST = 12  # layers in a table


def text(noise):
    """Table of the noise, by layers."""
    head, lines = rows(noise)
    return "\n".join([heading(noise), "", *aligned(head, lines), "", *notes(noise)])


def html(noise):
    """The same in HTML."""
    head, lines = rows(noise)
    return tagged(heading(noise), head, lines, notes(noise))


def heading(noise):
    """Where it is."""
    step = "" if noise.step is None else f", step {noise.step:.4g}"
    return (
        f"Noise of mini-batches of {noise.batch_size} out of {noise.m} samples{step}; the loss "
        f"is {noise.loss:.6g}"
    )


def rows(noise):
    """Columns and rows, the total last."""
    head = ["", "parameters", "‖dL‖²", "tr C", "tr C/‖dL‖²", "of a batch"]
    head += ["diffusion", "temperature"] * (noise.step is not None)
    parts = list(zip(noise.names, noise.parameters, noise.gradients, noise.traces))[:_MOST]
    parts.append(("all", noise.parameters.sum(), noise.gradient2, noise.trace))
    lines = []
    for name, count, gradient, trace in parts:
        variance = noise.shrinking * trace
        line = [
            name,
            f"{int(count)}",
            f"{gradient:.4g}",
            f"{trace:.4g}",
            ratio(trace, gradient),
            f"{variance:.4g}",
        ]
        if noise.step is not None:
            diffusion = noise.step * variance / 2
            line += [f"{diffusion:.4g}", ratio(diffusion, count)]
        lines.append(line)
    return head, lines


def notes(noise):
    """Sentences below the table."""
    if not noise.gradient2 > 0:
        return ["the gradient is 0: all of a batch's gradient is noise"]
    equal = noise.trace * noise.m / ((noise.m - 1) * noise.gradient2 + noise.trace)
    share = noise.variance / noise.gradient2
    return [
        f"noise scale B = {noise.scale:.4g}: a batch of {equal:.3g} of these samples is as "
        f"noisy as its gradient is large;",
        f"of {noise.batch_size} the noise is {share:.3g} of the gradient, in squares",
    ]


def modes(modes):
    """Table of the noise along eigendirections."""
    head, lines = mode_rows(modes)
    return "\n".join([mode_heading(modes), "", *aligned(head, lines)])


def modes_html(modes):
    """The same in HTML."""
    return tagged(mode_heading(modes), *mode_rows(modes), [])


def mode_heading(modes):
    """What the directions hold together."""
    return (
        f"Mini-batch noise along the {len(modes.values)} sharpest directions, which hold "
        f"{100 * modes.shares.sum():.3g} % of tr C"
    )


def mode_rows(modes):
    """Columns and rows of the directions."""
    told = modes.noise.step is not None
    head = ["", "curvature λ", "C(u, u)", "of tr C"] + ["temperature", "√⟨x²⟩"] * told
    lines = []
    for i, (value, variance, share) in enumerate(zip(modes.values, modes.variances, modes.shares)):
        line = [f"u{i + 1}", f"{value:.4g}", f"{variance:.4g}", f"{100 * share:.2f} %"]
        if told:
            line += [f"{modes.temperatures[i]:.4g}", f"{np.sqrt(modes.spread[i]):.4g}"]
        lines.append(line)
    return head, lines


def ratio(a, b):
    """A quotient as text, a dash where there is none."""
    return f"{a / b:.4g}" if b else "—"


def aligned(head, lines):
    """Rows of text, the first column to the left."""
    return [
        f"{line[0]:<10}" + "".join(f"{cell:>12}" for cell in line[1:]) for line in (head, *lines)
    ]


def tagged(title, head, lines, below):
    """A table in HTML with its title and sentences."""
    cells = "".join(
        "<tr>"
        + "".join(
            f'<{tag} style="text-align:{"right" if i else "left"}">{escape(str(cell))}</{tag}>'
            for i, cell in enumerate(line)
        )
        + "</tr>"
        for tag, line in (("th", head), *(("td", row) for row in lines))
    )
    return (
        f"<div><p><b>{escape(title)}</b></p><table>{cells}</table>"
        + "".join(f"<p>{escape(note)}</p>" for note in below)
        + "</div>"
    )
