"""How many examples each property ran, said at the end of `make fuzz`."""

import re

import pytest


@pytest.fixture(autouse=True)
def count_examples(request, record_property):
    yield
    ran = re.findall(r"(\d+) passing", getattr(request.node, "hypothesis_statistics", ""))
    record_property("examples", sum(map(int, ran)))


def pytest_terminal_summary(terminalreporter):
    if not terminalreporter.config.getoption("--hypothesis-profile"):
        return
    counts = {report.nodeid: dict(report.user_properties)["examples"] for reports in terminalreporter.stats.values()
              for report in reports if getattr(report, "when", "") == "teardown" and "examples" in dict(report.user_properties)}
    terminalreporter.section("examples")
    for name, count in counts.items():
        terminalreporter.write_line(f"{count:7,} {name}")
    terminalreporter.write_line(f"{sum(counts.values()):7,} in all")
