"""The page of *who breaks the step?*: tables of at most 100 columns, and what they say."""

from textwrap import fill

from who_breaks_reading import reading
from who_breaks_tables import censuses, grid_modes, grid_terms, moments, parts

COMMAND = "python scripts/studies/who_breaks_the_step.py"

HEAD = f"""# Who breaks the step?

    {COMMAND}

wrote this page and its figure; every number is from that run.

![Losses, a step, pairs by basis, by chance, modes](figures/who_breaks_the_step.png)
"""

INTRODUCTION = """A step δ = −step·dL of gradient descent changes the loss by dL(δ) + ½H(δ,δ) +
T(δ,δ,δ)/6 + …: promised, second order, third order. J. Thierry-Mieg (arXiv:1811.00576, §3.6) blames
interference: changes of parameters which are each good by themselves spoil one another, as pairs
in D²/2 and as triplets in D³/6. Here that is put to the test, on steps below, at and past the edge
of stability 2/λ, λ the sharpness at the start."""

LEGEND = """Per cent of the promise |dL(δ)|, with sign; delivered −100 is a promise kept. *Self*,
*pairs*, *two*, *triplets*: terms of one, of two different, of three different parameters;
*rotated*: their means in a random orthonormal basis; *signs*: the second order of δ with random
signs. *Loss bends*, *map bends*: what of the second order bends in the loss as a function of the
outputs, and in the network. *Parameters alone*: every parameter moved by itself, to all orders,
summed; *modes alone*: every eigendirection of H. *Modes*: participation number (Σ|c|)²/Σc² of
the contributions c of eigendirections to the second order; *top mode*: the largest share of
Σ|c|. *Blocks*: self terms over second order, beside those of a Hessian ∝ dL⊗dL. *Radius*: of
convergence of the Taylor series, in steps. *Verdict* (the library's): `mode`, a single mode;
`basis`, depends on the basis; `holds`, the linearization holds."""

PARTS_HEAD = """Parts of the broken steps, those that deliver less than half of their promise, in
per cent: *promise left*: *delivered per promise left* (*that of the whole step shortened until
it promises as much*). To leave something out helps where the step then delivers more than the
shortened one; below 0 is uphill. *Top*: the eigendirection that brings most of the second order;
*1 %*: the largest components of δ."""

CENSUS = """The steps above were chosen for what they show. Here is every step that delivers less
than half of its promise, of a run at most 200 evenly spread (*rise*: how many of the run go
uphill): the median, and in brackets the extreme, of the participation number (most), of the top
mode's share (least), and of pairs of parameters as a share of the second order (least); *excess*
is the most by which those pairs exceed the mean of a random basis, in points."""

GRID = """The first step from the start, as long as its critical step, where second order is as
large as the promise: pairs are 100 less self. Hidden layers × width, and D parameters. Per cent
of the promise; 0.22(3) is estimated from 32 random probes, with its standard error, the rest is
exact. */edge*: the critical step over 2/λ; *rot.*: in a random basis; *signs*: the larger end of
the 5 to 95 % band of random signs, second order. *Modes* are found from 160 Hessian actions, of
more than 30 000 parameters 80: where there are tens of them they are a lower bound, by up to a
tenth. Tanh, 300 digits."""


def page(studies, cells):
    """The whole page as markdown."""
    first, *others = studies.values()
    sections = [
        HEAD,
        fill(INTRODUCTION, 98),
        "## What the tables say",
        reading(studies, cells),
        f"## {first.problem.name}, quadratic loss, 20 points, 701 parameters",
        _steps(first),
        moments([first]),
        fill(LEGEND, 98),
        fill(PARTS_HEAD, 98),
        parts([first]),
        "## 64-16-10 on 300 digits, 1210 parameters",
        "\n\n".join(_steps(study) for study in others),
        moments(others),
        parts(others),
        "## Every broken step",
        fill(CENSUS, 98),
        censuses(studies),
        "## Over width and depth",
        fill(GRID, 98),
    ]
    for loss in dict.fromkeys(cell.loss for cell in cells):
        chosen = [cell for cell in cells if cell.loss == loss]
        sections += [f"### 64-width-…-10, {loss}", grid_terms(chosen), grid_modes(chosen)]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def _steps(study):
    told = ", ".join(f"{name} {run.step[0]:.4g}" for name, run in study.runs.items())
    return (
        f"{study.problem.short}: sharpness {2 / study.edge:.4g} at the start, edge "
        f"{study.edge:.4g}; steps {told}."
    )
