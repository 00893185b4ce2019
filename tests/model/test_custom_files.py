"""What files keep of a `CustomPotential`: its name, its size and its source; and pickles."""

import pickle

from landscapes import LANDSCAPES, henon_heiles
from mistakes import told_in_one_line
from own_well import own, well

import flownet as fn


def test_a_stored_run_goes_on_with_its_own_potential_alone(tmp_path):
    """Bit for bit; another function, size or name is refused."""
    p = LANDSCAPES[2].potential(compiled=True)
    start, mechanics = [0.2, 0.3], fn.Newton(0.1, friction=0.1)
    whole = fn.train(p, mechanics, W0=start, steps=40)
    for store, go in (
        ("run.h5", lambda path: fn.train(p, mechanics, W0=start, steps=20, store=path)),
        ("flow.h5", lambda path: fn.flow(p, W0=start, time=1.0, store=path)),
    ):
        path = tmp_path / store
        kept = go(path).experiment["potential"]
        assert kept["kind"] == "program"
        (program,) = kept["programs"]
        assert (program["name"], program["size"]) == ("Hénon–Heiles", 2)
        assert len(program["source"]) == 64
        for other, word in (
            (fn.CustomPotential(2, henon_heiles, name="other"), "name"),
            (fn.CustomPotential(3, well, name="Hénon–Heiles"), "size"),
            (fn.CustomPotential(2, well, name="Hénon–Heiles"), "source"),
            (fn.DoubleWell(2), "name"),
        ):
            with told_in_one_line(word):
                fn.resume(path, potential=other)
    with told_in_one_line("potential="):
        fn.resume(tmp_path / "run.h5", steps=40)
    resumed = fn.resume(tmp_path / "run.h5", potential=p, steps=40)
    assert resumed.parameters[:].tobytes() == whole.parameters[:].tobytes()


def test_a_source_is_its_words():
    """Comments and white space do not count."""

    def one(W):
        return 0.5 * W @ W, W.copy()

    def two(W):
        # half the square
        return 0.5 * W @ W,  W.copy()  # fmt: skip

    def three(W):
        return 0.25 * W @ W, W.copy()

    two.__name__ = three.__name__ = "one"
    first, second, third = (own(each).programs()[0]["source"] for each in (one, two, three))
    assert third not in (first, second)
    assert own(one).programs() == own(one).programs()
    assert own(eval("lambda W: (0.0, 0 * W)")).programs()[0]["source"] == ""


def test_it_can_be_pickled():
    p = LANDSCAPES[2].potential()
    fn.train(p, fn.Aristotle(0.1), W0=[0.2, 0.3], steps=2)
    again = pickle.loads(pickle.dumps(p))
    assert again.value([0.2, 0.3]) == p.value([0.2, 0.3]) and repr(again) == repr(p)
