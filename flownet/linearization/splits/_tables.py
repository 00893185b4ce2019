"""Splits and what goes beyond them as tables, at most 100 columns wide."""

import numpy as np

from ._rows import share

_MOST_ROWS = 12


def parameters(split):
    """Self terms, pairs and triplets, beside what chance gives."""
    lines = [
        f"{'':<34}{'':>13}{'of the':>11}{'standard':>10}{'in a random':>13}",
        f"{'terms of parameters':<34}{'value':>13}{'promise':>11}{'error':>10}{'basis':>13}",
    ]
    for name, label in (
        ("second_self", "second order, by themselves"),
        ("second_pairs", "second order, pairs"),
        ("third_self", "third order, by themselves"),
        ("third_two", "third order, one twice, another"),
        ("third_triplets", "third order, triplets"),
    ):
        value, error = getattr(split, name), split.error[name]
        lines.append(
            f"{label:<34}{value:>+13.4e}{share(value, split.promise):>11}"
            f"{'exact' if split.exact else f'{error:.0e}':>10}"
            f"{share(getattr(split.rotations, name), split.promise):>13}"
        )
    how = "exact" if split.exact else f"estimated from {split.draws} random probes"
    return "\n".join(
        [
            *lines,
            "",
            f"{split.dimension} parameters, {how}; tr H/D {split.trace / split.dimension:.3g}",
        ]
    )


def blocks(split):
    """Blocks with the largest terms, and the sums against a Hessian of rank one."""
    rows = split.matrix.sum(axis=1)
    order = np.argsort(-np.abs(rows), kind="stable")[:_MOST_ROWS]
    lines = [f"{'':<22}{'promised':>12}{'second order':>16}{'of which self':>16}"]
    lines += [
        f"{split.names[a]:<22}{share(split.linear[a], split.promise):>12}"
        f"{share(rows[a], split.promise):>16}"
        f"{share(split.matrix[a, a], split.promise):>16}"
        for a in order
    ]
    left = len(rows) - len(order)
    lines += [f"… and {left} more"] if left else []
    whole = split.second_self / split.second if split.second else np.nan
    lines += [
        "",
        f"second order: self {share(split.second_self, split.promise)}, pairs "
        f"{share(split.second_pairs, split.promise)} of the promise",
        f"self terms are {whole:.3g} of it; of a Hessian ∝ dL⊗dL they would be "
        f"{split.rank_one:.3g}",
    ]
    if np.isfinite(split.third):
        lines.append(
            f"third order: self {share(split.third_self, split.promise)}, two "
            f"{share(split.third_two, split.promise)}, triplets "
            f"{share(split.third_triplets, split.promise)}"
        )
    return "\n".join(lines)


def modes(split):
    """Directions with the largest contributions."""
    order = np.argsort(-np.abs(split.contributions), kind="stable")[:_MOST_ROWS]
    lines = [f"{'curvature':>12}{'of the step':>14}{'promised':>12}{'second order':>16}"]
    lines += [
        f"{split.curvatures[i]:>12.4g}{100 * split.weights[i]:>12.3g} %"
        f"{share(split.promises[i], split.promise):>12}"
        f"{share(split.contributions[i], split.promise):>16}"
        for i in order
    ]
    if len(order):
        how = "all that it has" if split.exact else "Lanczos' best"
        lines += [
            "",
            f"{len(split.curvatures)} directions, {how}; the top one carries "
            f"{100 * split.top_share:.3g} %, residual {split.residual:.1e}",
            f"participation {split.participation:.3g} of the second order, "
            f"{split.weight_participation:.3g} of the step; mean curvature tr H/F of the",
            f"F = {split.place.dimension} free parameters {split.mean_curvature:.3g}, "
            f"(tr H)²/(F tr H²) {split.isotropy:.2g}: 1 where all directions bend alike",
        ]
    return "\n".join(lines)


def maps(split):
    """What the loss bends and what the map bends."""
    lines = [f"{'of the promise':<16}{'loss bends':>14}{'map bends':>14}"]
    lines += [
        f"{name:<16}{share(split.loss[k], split.promise):>14}"
        f"{share(split.map[k], split.promise):>14}"
        for k, name in ((2, "second order"), (3, "third order"))
    ]
    return "\n".join(lines)


def one_at_a_time(result):
    """Every parameter alone, against all together."""
    how = "" if result.exact else f" ± {share(result.error, result.promise).lstrip('+')}"
    return (
        f"every parameter alone: {share(result.total, result.promise)}{how} of the promise\n"
        f"all together:          {share(result.actual, result.promise)}"
    )


def layer_subsets(result):
    """Interactions by the number of layers."""
    lines = [f"{'layers together':<18}{'of the promise':>16}"]
    lines += [
        f"{size:<18}{share(value, result.promise):>16}"
        for size, value in enumerate(result.by_size)
        if size
    ]
    return "\n".join([*lines, f"{'all':<18}{share(result.delivered[-1], result.promise):>16}"])


def interventions(result):
    """What is left of the step, and what it delivers."""
    promise = result[0].linear
    lines = [
        f"{'':<36}{'promise left':>14}{'second order':>14}{'delivered':>12}"
        f"{'delivery':>11}{'shortened':>11}"
    ]
    lines += [
        f"{row.name:<36}{100 * row.promise_left:>12.4g} %{share(row.second, promise):>14}"
        f"{share(row.actual, promise):>12}{row.delivery:>11.3g}{row.shortened:>11.3g}"
        for row in result
    ]
    return "\n".join(
        [
            *lines,
            "",
            "delivery: delivered per promise left; shortened: that of the whole step made so short",
        ]
    )
