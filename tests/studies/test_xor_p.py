"""The study of a − b mod p: what solves, and the page that says so."""

from pathlib import Path

import numpy as np
import xor_p

FOLDER = Path(xor_p.__file__).parent


def test_a_run_that_has_all_answers_right_stops_and_has_solved():
    solved, when = xor_p.solved_of(3, {"kind": "adam"}, ["elu", "identity"], [0.02], 3, 500)
    assert solved.shape == when.shape == (2, 1, 3)
    assert solved[0].sum() >= 2 and (when[0][solved[0]] < 500).all()
    assert not solved[1].any() and (when[1] == 500).all()  # no linear map solves it


def test_the_best_step_is_the_one_at_which_most_seeds_solve_and_then_the_soonest():
    solved = np.array([[True, False], [True, True], [True, True]])
    when = np.array([[10, 500], [300, 200], [100, 120]])
    assert xor_p.best(solved, when, (0.1, 0.2, 0.3)) == (1.0, 110.0, 0.3)
    none = xor_p.best(np.zeros((1, 2), bool), when[:1], (0.1,))
    assert none.solved == 0 and np.isinf(none.median)


def test_the_page_says_what_was_found():
    cells = [xor_p.Cell(1.0, 50.0, 0.02), xor_p.Cell(0.0, np.inf, 0.02)]
    activations = ("elu", "relu")
    found = xor_p.Results(
        7,
        10,
        1500,
        {(n, a): cells[k] for n in xor_p.MECHANICS for k, a in enumerate(activations)},
        {(q, a): (cells[k], 20, 1500) for q in (3, 47) for k, a in enumerate(activations)},
    )
    page = xor_p.page(found)
    assert "| Adam | 1.00 (50) | 0 |" in page and "Mean share over the mechanics: elu 1.00" in page
    assert "each seed solves with elu:" in page
    figure = xor_p.draw(found)
    figure.canvas.draw()
    assert len(figure.axes) == 3 and figure.axes[0].get_title()


def test_the_committed_page_is_one_of_this_script():
    page = (FOLDER / "XOR_P.md").read_text()
    assert f"    {xor_p.COMMAND}\n" in page
    for name in xor_p.MECHANICS:
        assert page.count(f"| {name} |") == 2
    for q, seeds, steps in xor_p.GROWTH:
        assert f"| {q} | {seeds} | {steps} |" in page
