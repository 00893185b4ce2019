"""What a test holds to be true, asserted and told: the table of `./scripts/test --figures`."""

from collections import defaultdict

import pytest


@pytest.fixture
def holds(record_property):
    """A claim whose figure is at most `within`, or at least where `least`: asserted, and recorded.

    One claim may be made by many tests: the table has its worst figure.
    """

    def holds(claim, figure, within, least=False):
        record_property("figure", (claim, float(figure), float(within), least))
        assert figure >= within if least else figure <= within, f"{claim}: {figure:.3g}"

    return holds


def pytest_terminal_summary(terminalreporter, config):
    """The table of all claims made, the worst figure of each, where it was asked for."""
    if not config.getoption("--figures"):
        return
    cases = defaultdict(list)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "figure" and report.when == "call":
                    cases[report.nodeid.split("::")[0], value[0]].append(value[1:])
    terminalreporter.section("figures")
    row = "{:26} {:46} {:>9} {:>9} {:>5}".format
    terminalreporter.line(row("test", "claim", "worst", "aim", "cases"))
    for (file, claim), made in sorted(cases.items()):
        least = made[0][2]
        worst = (min if least else max)(figure for figure, _, _ in made)
        aim = f"{'≥' if least else '≤'} {made[0][1]:.3g}"
        terminalreporter.line(row(file[6:-3], claim, f"{worst:.3g}", aim, len(made)))
