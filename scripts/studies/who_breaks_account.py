"""The account of one broken step: what its second and third order are made of, as plain numbers.

Shares are of the promise |dL(δ)|, with their sign. Nothing here depends on which study asks.
"""

from dataclasses import dataclass

LARGE = 30_000  # parameters: of more, self terms are estimated
DRAWS = 32  # random probes of an estimate
ACTIONS = 160, 80  # of Lanczos, for small networks and for large ones


@dataclass(frozen=True)
class Account:
    """One step in numbers.

    Attributes
    ----------
    edge : float
        step·λ_max/2: 1 is the edge of stability.
    exact : bool
        Whether self terms are exact, or else estimated, with standard errors `error_…`.
    shares : dict
        Terms as shares of the promise; `chance_…` in a random orthonormal basis, `flips…` the 5th
        and the 95th percentile of random signs; `alone`, `modes_alone` every parameter, every
        eigendirection moved alone, to all orders.
    modes : dict
        Of the second order by eigendirections; `bend` is step·θ/2 of the top one.
    blocks : dict
        Self share of the second order, and that of a Hessian ∝ dL⊗dL, of layers and of neurons.
    parts : dict
        `Intervention` by name.
    radius : float
        Of convergence of the Taylor series, in units of the step.
    """

    iteration: int | None
    step: float
    loss: float
    edge: float
    size: int
    exact: bool
    shares: dict
    modes: dict
    blocks: dict
    parts: dict
    radius: float
    verdict: str


def account(b, sharpness, full=True):
    """`Account` of a breakdown; self terms of large networks are estimated.

    A full one has what takes as many passes as there are neurons or parameters.
    """
    large = b.taken.dimension > LARGE
    if large:  # the verdict, too, is then based on the estimate
        b.made["parameters"] = b.split("parameters", exact=False, draws=DRAWS)
    parameters, modes = b.split("parameters"), b.split("eigen", steps=ACTIONS[large])
    blocks = {basis: b.split(basis) for basis in ("layers", "neurons")[: 1 + full]}
    return Account(
        b.iteration,
        b.step,
        b.loss,
        b.step * sharpness / 2,
        parameters.dimension,
        parameters.exact,
        _shares(b, parameters, modes, full),
        {
            "top_share": modes.top_share,
            "participation": modes.participation,
            "bend": b.step * modes.curvatures[modes.top] / 2,
        },
        {
            basis: (split.second_self / split.second, split.rank_one)
            for basis, split in blocks.items()
        },
        _parts(b),
        b.radius().estimate,
        b.verdict.words,
    )


def _shares(b, parameters, modes, full):
    chance, bends, flips = parameters.rotations, b.split("map"), parameters.flips
    shares = {
        "second": b.second,
        "self": parameters.second_self,
        "pairs": parameters.second_pairs,
        "chance_self": chance.second_self,
        "chance_pairs": chance.second_pairs,
        "third": b.third,
        "third_self": parameters.third_self,
        "third_two": parameters.third_two,
        "triplets": parameters.third_triplets,
        "chance_triplets": chance.third_triplets,
        "error_self": parameters.error["second_self"],
        "error_third": parameters.error["third_two"] + parameters.error["third_self"],
        "remainder": b.remainder,
        "delivered": b.actual,
        "loss_bends": bends.second_loss,
        "map_bends": bends.second_map,
        "third_loss": bends.third_loss,
        "third_map": bends.third_map,
    }
    if full:
        shares["alone"] = b.one_at_a_time().total
        shares["modes_alone"] = sum(
            b.taken.delivered((u @ b.taken.delta) * u) for u in modes.directions
        )
    bands = {"flips": flips.band("second"), "flips_third": flips.band("third")}
    return {
        **{name: b.share(value) for name, value in shares.items()},
        **{name: tuple(b.share(end) for end in band) for name, band in bands.items()},
    }


def _parts(b):
    """The library's interventions under shorter names."""
    names = {
        "the whole step": "whole",
        "its top eigendirection alone": "top",
        "without its top eigendirection": "without top",
    }
    found = {}
    for row in b.interventions():
        if row.name in names:
            found[names[row.name]] = row
        elif row.name.startswith("without its"):
            found["without largest"] = row
        elif row.name.endswith(" alone"):
            found[row.name.removesuffix(" alone")] = row
    return found
