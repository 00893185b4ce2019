"""Bloch's equation: pulses, waits and echoes against closed forms and an integrator."""

import numpy as np
import pytest
from complex_tolerance import close
from mistakes import told_in_one_line
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from flownet.data import bloch, pulses, tissue

T1, T2, F = np.array([0.4, 0.9, 2.5]), np.array([0.05, 0.3, 0.08]), np.array([0.0, -17.0, 23.0])


def test_free_induction_decay():
    """After 90 degrees about x the signal is −i e^{(2πif − 1/T2)t}."""
    t = 0.013
    close(
        bloch(T1, T2, F, [90.0], [0.0], 0.02, t)[:, 0], -1j * np.exp((2j * np.pi * F - 1 / T2) * t)
    )


def test_inversion_recovery():
    """180 degrees, a wait, 90 degrees: M_z = 1 − 2e^{−t/T1} is what the second pulse reads."""
    t = 0.3
    read = bloch(T1, T2, 0 * F, [180.0, 90.0], [0.0, 0.0], t, 0.0, spoiled=True)[:, 1]
    close(read, -1j * (1 - 2 * np.exp(-t / T1)))
    close(bloch(T1, T2, 0 * F, [0.0, 90.0], 0.0, t, 0.0, start=-1.0)[:, 1], read)


def test_a_spin_echo_refocuses():
    """90 about x, then 180 about y at t = τ: at 2τ the off-resonance is gone, e^{−2τ/T2} stays."""
    tau = 0.01
    echo = bloch(T1, T2, F, [90.0, 180.0, 0.0], [0.0, 90.0, 0.0], tau, 0.0)[:, 2]
    close(echo, -1j * np.exp(-2 * tau / T2))


@pytest.mark.parametrize("alpha", [5.0, 30.0, 90.0])
def test_spoiled_gradient_echo_settles_on_ernsts_formula(alpha):
    """sin α (1 − E1)/(1 − E1 cos α), largest at cos α = E1."""
    t, a, e1 = 0.2, np.radians(alpha), np.exp(-0.2 / T1)
    settled = bloch(T1, T2, 0 * F, np.full(400, alpha), 0.0, t, 0.0, spoiled=True)[:, -1]
    close(settled, -1j * np.sin(a) * (1 - e1) / (1 - e1 * np.cos(a)))


def test_the_ernst_angle_gives_the_most():
    e1 = np.exp(-0.05 / T1[0])
    ernst = np.degrees(np.arccos(e1))
    most, *less = (
        abs(
            bloch(T1[:1], T2[:1], F[:1], np.full(150, ernst + off), 0.0, 0.05, 0.0, spoiled=True)[
                0, -1
            ]
        )
        for off in (0.0, -1.0, 1.0)
    )
    assert most > max(less) > 0.999 * most


@pytest.mark.parametrize("alpha", [20.0, 60.0])
def test_balanced_pulses_settle_on_the_freeman_hill_formula(alpha):
    """M⁺ = (1−E1) sin α (E2 sin θ, −(1 − E2 cos θ))/D for pulses about x, θ = 2πf·TR, with
    D = (1−E1 cos α)(1−E2 cos θ) − E2(E1−cos α)(E2−cos θ) (Freeman and Hill 1971)."""
    t, a = 0.01, np.radians(alpha)
    t1, t2, f = (g.ravel() for g in np.meshgrid([0.1, 0.2], [0.03, 0.1], [0.0, 11.0, -38.0, 50.0]))
    e1, e2, theta = np.exp(-t / t1), np.exp(-t / t2), 2 * np.pi * f * t
    D = (1 - e1 * np.cos(a)) * (1 - e2 * np.cos(theta)) - e2 * (e1 - np.cos(a)) * (
        e2 - np.cos(theta)
    )
    expected = (1 - e1) * np.sin(a) * (e2 * np.sin(theta) - 1j * (1 - e2 * np.cos(theta))) / D
    close(bloch(t1, t2, f, np.full(700, alpha), 0.0, t, 0.0)[:, -1], expected)


def test_alternating_pulses_shift_the_off_resonance_by_half_a_turn():
    """Pulses of phase 0, 180, 0, … see f as pulses of one phase see f + 1/(2TR)."""
    flip, t = np.full(40, 35.0), 0.01
    signs = (-1.0) ** np.arange(40)
    turned = bloch(T1, T2, F, flip, 180.0 * (np.arange(40) % 2), t, 0.0)
    close(turned, signs * bloch(T1, T2, F + 50.0, flip, 0.0, t, 0.0))


def test_a_train_against_an_integrator_and_scipys_rotations():
    """Every pulse a rotation vector, every wait dM/dt integrated; three unlike pulses."""
    flip, phase, wait, echo = [50.0, 120.0, 33.0], [0.0, 70.0, 200.0], [0.02, 0.03, 0.01], 0.004
    found = bloch(T1, T2, F, flip, phase, wait, echo, start=0.3)
    for i in range(3):

        def slope(t, M, i=i):
            w = 2 * np.pi * F[i]
            return [-w * M[1] - M[0] / T2[i], w * M[0] - M[1] / T2[i], (1 - M[2]) / T1[i]]

        M = np.array([0.0, 0.0, 0.3])
        for n in range(3):
            axis = np.array([np.cos(np.radians(phase[n])), np.sin(np.radians(phase[n])), 0.0])
            M = Rotation.from_rotvec(np.radians(flip[n]) * axis).apply(M)
            path = solve_ivp(
                slope, (0, wait[n]), M, "DOP853", (0, echo, wait[n]), rtol=1e-12, atol=1e-13
            ).y
            close([found[i, n].real, found[i, n].imag], path[:2, 1], kind="solver", scale=1.0)
            M = path[:, 2]


def test_nothing_grows():
    """|M| stays below 1 in any train: rotations keep it, relaxation pulls it in."""
    y = 2 * np.random.default_rng(0).random((200, 3)) - 1
    assert abs(bloch(*tissue(y).T, *pulses(300), 0.005, start=-1.0)).max() < 1


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(echo=0.02), "the echo from 0"),
        (dict(t2=[0.0, 1, 1]), "above 0"),
        (dict(f=[0.0]), "of one shape"),
    ],
)
def test_what_bloch_refuses(wrong, words):
    given = dict(t1=T1, t2=T2, f=F, flip=[90.0], phase=[0.0], wait=0.01, echo=0.005) | wrong
    with told_in_one_line(words):
        bloch(**given)
