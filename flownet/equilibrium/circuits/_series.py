"""How the voltages of a circuit move, to any order: Taylor series along a line of W, or of nudges.

Kirchhoff's law holds order by order: with the voltages w = K·s of the branches, and the currents
g·w, I(e^{w/V} − 1) and J through them, the k-th coefficient of what flows into the nodes is H·s_k
and a rest of lower orders, and it is 0. One linear solve an order, always with the same H.
"""

import numpy as np


def voltage_series(states, s0, order, V=None, force=None):
    """Coefficients (order+1) of the voltages (m, n), from s₀ on.

    Parameters
    ----------
    states : CircuitStates
        Driven with the W and the u of s₀.
    s0 : ndarray (m, n)
        The state at t = 0, without a nudge.
    order : int
    V : ndarray (D,), optional
        Direction of the parameters.
    force : function, optional
        Of a nudge β = t: the last coefficient (m, n_out) of a cost's force, of a series of states.
    """
    system, (r, c, d) = states.system, _branches(states.system)
    bent = None if V is None else system.directions(V)
    series, w = [s0], [r.voltages(states.x, s0)]
    over = [d.voltages(states.x, s0) / system.scale]
    e = [system.saturation * np.exp(over[0])]
    for k in range(1, order + 1):
        rest = np.zeros_like(s0)
        if bent is not None:
            rest = rest + r.into_nodes(r.content * bent[0] * w[-1])
            if k == 1:
                rest = rest - c.into_nodes(c.content * bent[1])
        beyond = sum((j * over[j] * e[k - j] for j in range(1, k)), np.zeros_like(e[0])) / k
        rest = rest + d.into_nodes(beyond)
        if force is not None:
            states.outputs(rest)[...] += force(series)
        series.append(states.solve(s0, -rest)[0])
        w.append(r.along(series[-1]))
        over.append(d.along(series[-1]) / system.scale)
        e.append(beyond + over[-1] * e[0])
    return series


def _branches(system):
    return system.resistors, system.currents, system.diodes
