"""Natural gradients in charts: Christoffel symbols, geodesic steps, one flow."""

import numpy as np
import twins
from fisher_cases import plain
from tolerance import close, tolerance
from twins import every_loss

import flownet as fn


@every_loss
def test_christoffel_symbols_of_the_first_kind(loss):
    """Against ∂_i F_jk − ½∂_k F_ij by central differences, metrics and temperatures in turn."""
    case = twins.mixed_case("gelu", loss, 85_000, sizes=(2, 3, 2), m=6)
    p, (W, V) = twins.potential(case), twins.point(case)
    for name in ("gauss_newton", "fisher") if loss == "quadratic" else ("gauss_newton",):
        operator = getattr(p, name)
        h, eye = 1e-5, np.eye(p.size)
        dF = np.array(
            [(operator(W + h * e).dense() - operator(W - h * e).dense()) / (2 * h) for e in eye]
        )
        wanted = np.einsum("ijk,i,j->k", dF, V, V) - np.einsum("kij,i,j->k", dF, V, V) / 2
        found = operator(W).christoffel(V)
        np.testing.assert_allclose(found, wanted, atol=1e-8 * np.abs(wanted).max())
    both = p + 0.3 * fn.Parabola(p.size)
    close(both.gauss_newton(W).christoffel(V), p.gauss_newton(W).christoffel(V))


def test_a_step_is_the_same_in_two_charts_up_to_its_order(holds):
    """Natural steps of W and of u = arsinh W part by h²; with the geodesic term by h³."""
    p, W = plain("cross-entropy", sizes=(2, 2))
    p = p + 0.1 * fn.Parabola(p.size)  # which a softmax needs: F alone has null directions
    seen = fn.Charted(p, fn.Sinh())
    of_W, of_u = fn.FisherMetric(p, 0.0), fn.FisherMetric(seen, 0.0)

    def apart(mechanics):
        one = fn.train(p, mechanics, W0=W, steps=1, metric=of_W).parameters[-1]
        two = fn.train(seen, mechanics, W0=np.arcsinh(W), steps=1, metric=of_u).parameters[-1]
        return np.linalg.norm(one - np.sinh(two))

    steps = np.array([0.1, 0.05, 0.025, 0.0125])
    for name, order in (("Aristotle", 2), ("Geodesic", 3)):
        words = {"order": 2} if name == "Geodesic" else {}
        parted = [apart(getattr(fn, name)(h, **words)) for h in steps]
        slope = np.polyfit(np.log(steps), np.log(parted), 1)[0]
        holds(f"difference of charts: slope less {order}", abs(slope - order), tolerance("order"))
    assert apart(fn.Geodesic(0.1)) < 1e-8


def test_the_closed_form_of_one_parameter():
    """L = ½(w − y)², w = sinh u, metric cosh²u: parted by ½h²(w − y)²·w/(1 + w²) + O(h³)."""
    net = fn.Network([1, 1], bias=False)
    p = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0]], [[-0.4]]))
    seen, w = fn.Charted(p, fn.Sinh()), 0.7
    u = np.arcsinh([w])
    ratios = []
    for h in (0.1, 0.05, 0.025, 0.0125):
        one = w - h * (w + 0.4)
        metric = fn.GaussNewtonMetric(seen, 0.0)
        two = fn.train(seen, fn.Aristotle(h), W0=u, steps=1, metric=metric).parameters[-1]
        ratios.append((np.sinh(two[0]) - one) / (h**2 / 2 * (w + 0.4) ** 2 * w / (1 + w**2)))
    assert abs(np.array(ratios) - 1).max() < 0.1
    assert np.all(np.diff(np.abs(np.array(ratios) - 1)) < 0)


def test_the_flow_is_one_curve_in_all_charts():
    p, W = plain("quadratic", m=40, sizes=(2, 2))
    seen = fn.Charted(p, fn.Sinh())
    words = {"time": 1.0, "rtol": 1e-9, "atol": 1e-11}
    one = fn.flow(p, W0=W, metric=fn.FisherMetric(p, 0.0), **words).parameters[-1]
    two = fn.flow(seen, W0=np.arcsinh(W), metric=fn.FisherMetric(seen, 0.0), **words)
    np.testing.assert_allclose(np.sinh(two.parameters[-1]), one, atol=1e-7)
