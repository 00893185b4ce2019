"""The one table: what its values are, and how they are written as text and in a notebook."""

import subprocess
import sys

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet._table import Floored, Table, evenly, percent, short, signed, signed_percent

TABLE = Table(
    "Three steps",
    {
        "step": (str, ["one", "  of [two] parts", "<three>"]),
        "number": (short, [np.int64(12345), np.float32(0.5), np.nan]),
        "term": (signed, [Floored(-1.5, 0.1), Floored(0.05, 0.1), Floored(0.0, 0.1)]),
        "share": (percent, [0.5, None, 0.12345]),
        "nothing": (short, [None, None, None]),
    },
    ["a & b"],
)


def test_its_text():
    """Texts to the left and as they are, numbers to the right; empty columns are left out."""
    assert str(TABLE).splitlines() == [
        "Three steps",
        "",
        "step              number        term   share",
        "────────────────────────────────────────────",
        "one                12345  -1.500e+00    50 %",
        "  of [two] parts     0.5       noise",
        "<three>                —           0  12.3 %",
        "",
        "a & b",
    ]


def test_its_rows_are_plain_values():
    """Also of what prints as noise; numbers are Python's."""
    first, second, third = TABLE.rows
    assert first == {"step": "one", "number": 12345, "term": -1.5, "share": 0.5}
    assert second == {"step": "  of [two] parts", "number": 0.5, "term": 0.05, "share": None}
    assert np.isnan(third["number"]) and type(first["number"]) is int


def test_its_html_is_escaped():
    html = TABLE._repr_html_()
    assert html.count("<tr>") == 4 and html.count("<td") == 12 and html.count("<table>") == 1
    assert ">&lt;three&gt;</td>" in html and "<p>a &amp; b</p>" in html
    assert ">noise</td>" in html and "<p><b>Three steps</b></p>" in html


def test_few_records_of_many_numbers_stand_upright():
    """One without heads, several under the names of the first column."""
    one = Table("point", {"loss": (".3g", [0.12345]), "kind": (str, ["saddle"])}, upright=True)
    assert str(one) == "point\n\nloss  0.123\nkind  saddle"
    columns = {"of": (str, ["run", "flow"]), "loss": (".1e", [1.0, np.nan])}
    both = Table("", columns, ["done"], upright=True, more=[one])
    rule = "─" * len("of        run  flow")
    assert str(both) == f"of        run  flow\n{rule}\nloss  1.0e+00     —\n\n{one}\n\ndone"
    assert both.rows == [{"of": "run", "loss": 1.0}, {"of": "flow", "loss": both.rows[1]["loss"]}]


def test_it_fits_a_page_and_loses_nothing():
    """Texts are wrapped at words, numbers only where there is no room at all."""
    words = " ".join(["word"] * 60)
    wide = Table(words, {"a": (str, [words]), "b": (str, [words]), "c": (short, [0.125])}, [words])
    many = Table("", {f"column {i}": ("+.6e", [-1.2345678e-9]) for i in range(12)})
    for table in (wide, many):
        assert max(map(len, str(table).splitlines())) <= 100
    assert str(wide).split().count("word") == 240 and "0.125" in str(wide)
    assert str(many).count("-") == 24


@pytest.mark.parametrize(
    "form, value, told",
    [
        (short, 12345678, "12345678"),
        (short, 12345678.0, "1.235e+07"),
        (short, -1.2345e-100, "-1.23e-100"),
        (signed, 0.0, "0"),
        (signed, 12.5, "+1.250e+01"),
        (signed, -1.2345e-100, "-1.23e-100"),
        (percent, 0.12345, "12.3 %"),
        (signed_percent, 0.0, "0 %"),
        (signed_percent, -0.12345, "-12.35 %"),
        (signed_percent, 123.456, "+12346 %"),
        (signed_percent, 1e-6, "+1e-04 %"),
        (signed_percent, np.inf, "—"),
    ],
)
def test_forms(form, value, told):
    assert form(value) == told


@pytest.mark.parametrize(
    "value, floor, noise",
    [(1.0, 2.0, True), (-3.0, 2.0, False), (0.0, 2.0, False), (np.nan, 0.0, True)],
)
def test_noise(value, floor, noise):
    """What lies below its floor, or is no number; not what is exactly 0."""
    assert Floored(value, floor).is_noise == noise
    assert not Floored(value, np.nan).is_noise


def test_rows_are_spread_evenly():
    assert evenly(0, 5).tolist() == [] and evenly(3, 5).tolist() == [0, 1, 2]
    assert evenly(9, 5).tolist() == [0, 2, 4, 6, 8]


def test_pandas_is_asked_for_only_when_wanted(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with told_in_one_line("pandas is not installed"):
        TABLE.to_pandas()


def test_rich_is_imported_only_when_something_is_printed():
    """Nor are there colours, whatever the terminal."""
    code = (
        "import os, sys; os.environ['FORCE_COLOR'] = '1'; import flownet as fn; "
        "b = fn.breakdown(fn.Parabola(2), [1.0, 2.0], 0.1); b.table().rows; "
        "print('rich' in sys.modules); told = str(b); print('rich' in sys.modules, '\\x1b' in told)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert printed.split() == ["False", "True", "False"]


def test_reports_give_their_numbers():
    """Those of the breakdown itself, under the names that are printed."""
    b = fn.breakdown(fn.Parabola(2), [1.0, 2.0], 0.1)
    rows = {row["term"]: row for row in b.table().rows}
    assert rows["promised (first order)"]["value"] == b.linear
    assert rows["delivered"]["noise floor"] == b.noise["actual"]
    assert rows["  pairs of parameters"]["value"] == b.second_pairs
    for part in (b, b.split("eigen"), b.interventions()):
        assert str(part) == str(part.table()) and part._repr_html_() == part.table()._repr_html_()
