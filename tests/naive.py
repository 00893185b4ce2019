"""Slow, obvious twins of the package: plain NumPy from the equations, nothing imported from it.

W is one flat vector: for each layer the weights (n_out, n_in) row-major, then the bias (n_out,).
Layer: Z = X Wᵀ + b, Y = φ(Z), a sample a row.  A *problem* p says what L(W) is (see `problem`).
Taylor coefficients sit on the leading axis: a series a is (K+1, ...), a(s) = Σ a[k] sᵏ.
"""

from functools import cache
from itertools import combinations_with_replacement, pairwise, permutations
from math import sqrt
from types import SimpleNamespace

import numpy as np
from naive_activations import ACTIVATIONS, activation, integrate, series, times  # noqa: F401

# The network: map, tangent action, pullback


def unpack(sizes, W, bias=True):
    """[(weights (n_out, n_in), bias (n_out,)), ...] of the flat W; without bias it is zeros."""
    layers, at = [], 0
    for n_in, n_out in pairwise(sizes):
        A, at = W[at : at + n_out * n_in].reshape(n_out, n_in), at + n_out * n_in
        b, at = (W[at : at + n_out], at + n_out) if bias else (np.zeros(n_out), at)
        layers.append((A, b))
    assert at == len(W), (at, len(W))
    return layers


def layerwise(sizes, acts, output):
    """One activation name per layer, from one name or one per hidden layer."""
    return [acts] * (len(sizes) - 2) + [output] if isinstance(acts, str) else [*acts, output]


def forward(sizes, acts, W, x, bias=True, output="identity"):
    """Ŷ (m, n_out) = … φ₂(φ₁(X W₁ᵀ + b₁) W₂ᵀ + b₂) …"""
    for (A, b), name in zip(unpack(sizes, W, bias), layerwise(sizes, acts, output), strict=True):
        x = activation(name, x @ A.T + b)[0]
    return x


def pushforward(sizes, acts, W, x, V, bias=True, output="identity"):
    """Ẏ (m, n_out) = J V: Ż = Ẋ Wᵀ + X Ẇᵀ + ḃ, then Ẋ ← φ′(Z) Ż."""
    dx = np.zeros_like(x)
    layers = zip(
        unpack(sizes, W, bias), unpack(sizes, V, bias), layerwise(sizes, acts, output), strict=True
    )
    for (A, b), (dA, db), name in layers:
        dz = dx @ A.T + x @ dA.T + db
        x, slope = activation(name, x @ A.T + b)[:2]
        dx = slope * dz
    return dx


def pullback(sizes, acts, W, x, cotangent, bias=True, output="identity"):
    """Jᵀ·cotangent (D,), in reverse: G_Z = φ′ G_Y, G_W = Σ G_Z ⊗ x, G_b = Σ G_Z, G_X = G_Z W."""
    layers, tape = unpack(sizes, W, bias), []
    for (A, b), name in zip(layers, layerwise(sizes, acts, output), strict=True):
        y, slope = activation(name, x @ A.T + b)[:2]
        tape.append((A, x, slope))
        x = y
    G, pieces = cotangent, []
    for A, x, slope in reversed(tape):
        G = slope * G
        pieces = [(G.T @ x).ravel(), G.sum(axis=0) if bias else G[0, :0], *pieces]
        G = G @ A
    return np.concatenate(pieces)


# The losses: value and covector on Ŷ


def symmetric(metric, n):
    """Metric as an (n, n) symmetric matrix, from None (identity), a diagonal (n,) or a matrix."""
    metric = np.ones(n) if metric is None else np.asarray(metric, dtype=float)
    return np.diag(metric) if metric.ndim == 1 else (metric + metric.T) / 2


def mixed(y, gamma=None, Gamma=None):
    """Γ y γ (m, n): sample metric on the rows, output metric on the columns."""
    return symmetric(Gamma, len(y)) @ y @ symmetric(gamma, y.shape[1])


def quadratic(y_hat, y, gamma=None, Gamma=None):
    """L = (1/2m) Σ Γ_st γ_ab e_sa e_tb with e = Ŷ − Y, and its covector Γ e γ / m (TM 27–29)."""
    e = y_hat - y
    covector = mixed(e, gamma, Gamma) / len(y)
    return np.sum(e * covector) / 2, covector


def cross_entropy(y_hat, y, temperature=1.0, gamma=None, Gamma=None):
    """L = −(1/m) Σ q_sb log P̂_sb, q = ΓPγ, P̂ = softmax(Ŷ/kT); covector (P̂ Σ_b q − q)/(kT m).

    TM 30–32.
    """
    q, m = mixed(y, gamma, Gamma), len(y)
    u = y_hat / temperature
    u = u - u.max(axis=1, keepdims=True)
    log_p = u - np.log(np.exp(u).sum(axis=1, keepdims=True))
    covector = (np.exp(log_p) * q.sum(axis=1, keepdims=True) - q) / (temperature * m)
    return -np.sum(q * log_p) / m, covector


LOSSES = {"quadratic": quadratic, "cross-entropy": cross_entropy}


# The potential L(W)


def problem(sizes, acts, x, y, loss="quadratic", bias=True, output="identity", **keywords):
    """What L(W) is: network, data, loss by name and its keywords (temperature, gamma, Gamma)."""
    net = dict(sizes=sizes, acts=acts, bias=bias, output=output)
    return SimpleNamespace(x=x, y=y, loss=loss, keywords=keywords, net=net)


def value(p, W):
    """L(W)."""
    return LOSSES[p.loss](forward(W=W, x=p.x, **p.net), p.y, **p.keywords)[0]


def differential(p, W):
    """(L, dL), dL (D,) = J^* ∂ℓ/∂Ŷ."""
    L, covector = LOSSES[p.loss](forward(W=W, x=p.x, **p.net), p.y, **p.keywords)
    return L, pullback(W=W, x=p.x, cotangent=covector, **p.net)


def aristotle(differential, W, step, n):
    """Path (n+1, D) and losses (n+1,) of W ← W − step·dL, with differential(W) → (L, dL)."""
    path, losses = [W], []
    for _ in range(n):
        L, dL = differential(path[-1])
        losses.append(L)
        path.append(path[-1] - step * dL)
    return np.array(path), np.array([*losses, differential(path[-1])[0]])


# Jets: truncated polynomials in s along W + sV


def jet_forward(sizes, acts, W, x, V, order, bias=True, output="identity"):
    """Series (order+1, m, n_out) of Ŷ(W+sV): Z_k = A_k Wᵀ + A_{k−1} Vᵀ, b at k=0, ḃ at k=1."""
    a = np.array([x, *[np.zeros_like(x)] * order])
    layers = zip(
        unpack(sizes, W, bias), unpack(sizes, V, bias), layerwise(sizes, acts, output), strict=True
    )
    for (A, b), (dA, db), name in layers:
        z = a @ A.T
        z[1:] += a[:-1] @ dA.T
        z[0] += b
        z[1:2] += db
        a = series(name, z)
    return a


def jet(p, W, V, order):
    """Coefficients c (order+1,) of L(W+sV) = Σ c_k sᵏ; the k-th derivative is k! c_k."""
    y = jet_forward(W=W, x=p.x, V=V, order=order, **p.net)
    m, metrics = len(p.y), {name: p.keywords.get(name) for name in ("gamma", "Gamma")}
    if p.loss == "quadratic":
        y[0] -= p.y
        return times(y, np.array([mixed(e, **metrics) for e in y])).sum(axis=(1, 2)) / (2 * m)
    u, q = y / p.keywords.get("temperature", 1.0), mixed(p.y, **metrics)
    u = u - np.take_along_axis(u, u[0].argmax(axis=1)[None, :, None], axis=2)  # the rest is small
    S = integrate(np.exp(u[0]), u, lambda a: a).sum(axis=2, keepdims=True)
    log_S = [np.log(S[0])]
    for k in range(1, order + 1):  # S′ = S (log S)′
        log_S.append((k * S[k] - sum(j * log_S[j] * S[k - j] for j in range(1, k))) / (k * S[0]))
    return -(q * (u - log_S)).sum(axis=(1, 2)) / m


def jet2(p, W, V):
    """(c0, c1, c2) with L(W+sV) = c0 + c1 s + c2 s² + …: L, dL(V), ½H(V,V)."""
    return tuple(jet(p, W, V, 2))


def hessian_action(p, W, V):
    """H V (D,): polarisation H(V,e_i) = c₂(V+e_i) − c₂(V) − c₂(e_i)."""
    own = jet2(p, W, V)[2]
    return np.array([jet2(p, W, V + e)[2] - own - jet2(p, W, e)[2] for e in np.eye(len(W))])


def hessian(p, W):
    """Dense ∂²L/∂W_i∂W_j (D, D)."""
    return np.array([hessian_action(p, W, e) for e in np.eye(len(W))])


def jacobian(p, W):
    """Dense J = ∂Ŷ/∂W (m·n_out, D), a pullback a row."""
    y_hat = forward(W=W, x=p.x, **p.net)
    units = np.eye(y_hat.size).reshape(-1, *y_hat.shape)
    return np.array([pullback(W=W, x=p.x, cotangent=c, **p.net) for c in units])


def output_hessian(p, W):
    """Dense G = ∂²L/∂Ŷ² (m·n_out, m·n_out): Γ⊗γ/m, or Σq(diag P̂ − P̂P̂ᵀ)/(m kT²) sample by sample."""
    words = {name: p.keywords.get(name) for name in ("gamma", "Gamma")}
    m, n = p.y.shape
    if p.loss == "quadratic":
        return np.kron(symmetric(words["Gamma"], m), symmetric(words["gamma"], n)) / m
    kT, masses = p.keywords.get("temperature", 1.0), mixed(p.y, **words).sum(axis=1)
    P = np.exp(forward(W=W, x=p.x, **p.net) / kT)
    G = np.zeros((m, n, m, n))
    for s, row in enumerate(P / P.sum(axis=1, keepdims=True)):
        G[s, :, s] = masses[s] * (np.diag(row) - np.outer(row, row)) / (m * kT**2)
    return G.reshape(m * n, m * n)


def gauss_newton(p, W):
    """Dense F = JᵀGJ (D, D)."""
    J = jacobian(p, W)
    return J.T @ output_hessian(p, W) @ J


def third(p, W):
    """Dense T_ijk (D, D, D) = c₃(ijk) − c₃(ij) − c₃(jk) − c₃(ki) + c₃(i) + c₃(j) + c₃(k).

    c₃(ij) is along e_i + e_j.
    """
    e, n = np.eye(len(W)), range(len(W))
    c3 = cache(lambda *axes: jet(p, W, e[list(axes)].sum(axis=0), 3)[3])
    T = np.zeros((len(W),) * 3)
    for i, j, k in combinations_with_replacement(n, 3):
        t = c3(i, j, k) - c3(i, j) - c3(j, k) - c3(i, k) + c3(i) + c3(j) + c3(k)
        for where in permutations((i, j, k)):
            T[where] = t
    return T


# Analytic potentials (TM 33–37): L, dL (D,), ∂²L (D, D)


def parabola(W, kappa=1.0):
    """½ κ Σ W²."""
    return kappa * W @ W / 2, kappa * W, kappa * np.eye(len(W))


def quartic(W, alpha=1.0):
    """(α/8) Σ W⁴."""
    return alpha / 8 * np.sum(W**4), alpha / 2 * W**3, np.diag(1.5 * alpha * W**2)


def double_well(W, alpha=1.0, c=1.0):
    """(α/8) Σ (W² − c²)²."""
    w = W**2 - c**2
    return alpha / 8 * np.sum(w**2), alpha / 2 * W * w, np.diag(alpha / 2 * (3 * W**2 - c**2))


def uv(W):
    """½ f², f = uᵀv/√n, W = (u, v): dL = f df, ∂²L = df df ᵀ + f ∂²f."""
    n = len(W) // 2
    swap = np.roll(np.eye(2 * n), n, axis=0) / sqrt(n)  # ∂²f, and df = ∂²f W as f is bilinear
    df = swap @ W
    f = W @ df / 2
    return f**2 / 2, f * df, np.outer(df, df) + f * swap


def parabola_flow(W0, t, kappa=1.0):
    """W(t) = W₀ e^{−κt}."""
    return W0 * np.exp(-kappa * t)


def quartic_flow(W0, t, alpha=1.0):
    """W(t) = W₀/√(1 + α W₀² t)."""
    return W0 / np.sqrt(1 + alpha * W0**2 * t)


def double_well_flow(W0, t, alpha=1.0, c=1.0):
    """W(t) = c W₀/√(W₀² + (c² − W₀²) e^{−αc²t}): W² obeys a logistic equation."""
    return c * W0 / np.sqrt(W0**2 + (c**2 - W0**2) * np.exp(-alpha * c**2 * t))


def uv_flow(W0, t):
    """u ± v = (u₀ ± v₀) ξ^{∓½}, ξ = (1 + P/Q τ)/(1 + Q/P τ), τ = tanh(PQt/2n), P, Q = ‖u₀ ± v₀‖."""
    u, v = W0.reshape(2, -1)
    P, Q = np.linalg.norm(u + v), np.linalg.norm(u - v)
    grown = np.tanh(P * Q / (2 * len(u)) * t)
    xi = (1 + P / Q * grown) / (1 + Q / P * grown)
    plus, minus = (u + v) / np.sqrt(xi), (u - v) * np.sqrt(xi)
    return np.concatenate([plus + minus, plus - minus]) / 2
