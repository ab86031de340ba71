"""The benchmarks run and print their tables, with ratios of the right order; the bounds themselves need an idle machine."""

import os
import re
import subprocess
import sys

import pytest


@pytest.mark.keras
def test_convolution_prints_a_ratio_for_each_case_and_none_is_out_of_hand(project):
    command = [sys.executable, "-W", "error", "benchmarks/convolution.py", "--repeats", "5", "--threads", "1"]
    environment = os.environ | {"PYTHONPATH": str(project)}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == ""
    line = r"^(\d+ x \d+ x \d+, \d+ -> \d+) +(forward|backward)((?: +[\d.]+){7}) +(yes|NO)$"
    rows = re.findall(line, done.stdout, re.MULTILINE)
    assert len(rows) == 6 and {channels.split(", ")[1] for channels, *_ in rows} == {"1 -> 32", "32 -> 64", "64 -> 64"}
    for case, direction, numbers, ok in rows:
        _, ours, _, theirs, _, ratio, bound = (float(number) for number in numbers.split())
        assert ratio < 10, f"{case} {direction}: {ours} ms against {theirs} ms"
        assert (ok == "yes") == (ratio <= bound) or ratio == pytest.approx(bound, abs=0.006)


def test_a_benchmark_says_what_it_takes(project):
    command = [sys.executable, "benchmarks/convolution.py", "--repeats", "0"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "at least 1" in done.stderr
