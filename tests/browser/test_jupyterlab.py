"""What people see: the notebooks and Formgrader in JupyterLab, in a browser, without a network and without noise.

Every page is watched: an error in its console, or a request to another machine, fails the test.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from autograder.catalogue import read_catalogue
from autograder.sample import solutions
from cnnlib import KERNELS, correlate2d

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
TOKEN = "for-this-test"
expect.set_options(timeout=30_000)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),  # one server and one browser for all tests of this file
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: no chromium, chromium-browser or google-chrome on the path"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_copy, project):
    """A course with the students' notebooks in it, and a home with nobody's settings."""
    folder = tmp_path_factory.mktemp("browser")
    shutil.copytree(project / "notebooks", make_copy(folder / "course").root / "notebooks")
    settings = folder / "home/jupyter/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"windowingMode": "none"}))  # all cells are in the page, so each can be found
    return folder


@pytest.fixture(scope="module")
def server(folder, environment):
    """The address of a JupyterLab that was started in the course."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = folder / "home"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
               "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    places = {"HOME": home, "JUPYTER_CONFIG_DIR": home / "jupyter", "JUPYTER_DATA_DIR": home / "data",
              "JUPYTER_RUNTIME_DIR": home / "runtime", "IPYTHONDIR": home / "ipython"}
    with (home / "log.txt").open("w") as log, subprocess.Popen(
            command, cwd=folder / "course", env=environment | {name: str(place) for name, place in places.items()},
            stdout=log, stderr=log, start_new_session=True) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(process, address, home / "log.txt")
            yield address
        finally:
            process.terminate()  # it ends its kernels, then itself
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(process, address, log):
    for _ in range(300):
        with suppress(urllib.error.URLError), urllib.request.urlopen(f"{address}/api", timeout=5):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
            break
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(chromium, server):
    """`with visit(path) as page`: a page of JupyterLab, watched until the end of the block."""

    @contextmanager
    def visit(path):
        page, requests, errors = chromium.new_page(), [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" and not _attachment(said) else None)
        try:
            page.goto(f"{server}/{path}?token={TOKEN}&reset")
            yield page
        finally:
            page.close()
        outside = [url for url in requests if urlsplit(url).hostname not in ("127.0.0.1", "localhost")
                   and urlsplit(url).scheme not in ("data", "blob", "attachment")]
        assert outside == [], "requests to other machines"
        assert not [url for url in requests if re.search("/lab/api/(news|update)", url)], "the server was sent for news"
        assert errors == [], "errors in the console"

    return visit


def _attachment(said):
    """JupyterLab lets the browser try an attachment's name before it puts the picture itself in its place."""
    return said.location["url"].startswith("attachment:")


@pytest.fixture(scope="module")
def graded(folder, environment):
    """The marks of a class of two, graded in the course."""
    for arguments in (["sample", "01-edge-detection", "--students", "2"],
                      ["grade", "01-edge-detection", "--json", str(folder / "marks.json")]):
        subprocess.run(["autograder", "--course", str(folder / "course"), *arguments], env=environment, check=True,
                       capture_output=True, timeout=120)
    students = json.loads((folder / "marks.json").read_text())["students"]
    return {student: f"{marks['score']:g} / {marks['max_score']:g}" for student, marks in students.items()}


def notebook(page):
    """The parts of the notebook in a page, once its kernel is ready."""
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    cells = page.locator(".jp-Notebook .jp-Cell")

    def run(cell, text=None):
        cell.locator(".cm-content").click()
        if text is not None:
            page.keyboard.press("Control+a")
            page.keyboard.insert_text(text)
        page.keyboard.press("Control+Enter")

    return SimpleNamespace(cell=lambda text: cells.filter(has_text=text).first, run=run)


def test_the_lecture_opens_with_its_pictures_and_without_a_prompt(visit):
    with visit("lab/tree/notebooks/01-edge-detection/lecture.ipynb") as page:
        cell = notebook(page).cell
        expect(cell("What does a kernel see?").locator("h1")).to_be_visible()
        for text in ("slide_kernel(bar", "what do people call an edge"):  # the widget's still twin, and an attachment
            assert cell(text).locator("img").evaluate("async image => (await image.decode(), image.naturalWidth)") > 500
        news = page.evaluate("fetch('/lab/api/settings/@jupyterlab/apputils-extension:notification').then(r => r.json())")
        default = news["schema"]["properties"]["fetchNews"]["default"]
        assert default == "false", "JupyterLab asks about news: install the project again, it brings jupyter/cnn-course.json5"
        expect(page.get_by_text("Jupyter news")).to_have_count(0)


def test_a_slider_of_the_widget_moves_the_window(visit):
    bar = np.array([[2, 2, 2, 9, 9, 9, 2, 2]] * 6)
    response = correlate2d(bar, KERNELS["vertical edges"])
    with visit("lab/tree/notebooks/01-edge-detection/lecture.ipynb") as page:
        book = notebook(page)
        widget = book.cell("slide_kernel(bar")
        widget.locator(".cm-content").click()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Above Selected Cell").click()
        book.run(widget)
        words, handles = widget.locator(".widget-html-content"), widget.locator(".noUi-handle")
        expect(words).to_contain_text("their sum 21 is pixel (0, 2)")
        handles.first.press("ArrowRight")
        for _ in range(2):
            handles.last.press("ArrowRight")
        assert response[1, 4] == -21
        expect(words).to_contain_text("their sum −21 is pixel (1, 4) of the 4 × 6 output")


def test_check_shows_fail_with_the_mistake_and_pass_as_html(visit, real_unit):
    flipped = next(e.text for e in read_catalogue(real_unit) if e.question == "correlate2d" and e.hint == "kernel flipped")
    with visit("lab/tree/notebooks/01-edge-detection/exercise.ipynb") as page:
        book = notebook(page)
        answer, test = book.cell("def correlate2d"), book.cell("check(correlate2d)")
        said = test.locator(".jp-OutputArea [role=status]")
        book.run(book.cell("from cnnlib.check import check"))
        book.run(answer)
        book.run(test)
        expect(said).to_contain_text("correlate2d: FAIL, it is not written yet")
        book.run(answer, flipped)
        book.run(test)
        expect(said).to_contain_text('FAIL, the known mistake "kernel flipped"')
        expect(test.locator(".jp-OutputArea")).to_contain_text("CheckFailed: correlate2d does not pass yet")
        expect(said.locator("table")).to_have_count(0)
        book.run(test)
        expect(said).to_contain_text("What to do")
        expect(said.locator("table")).to_have_count(4)
        book.run(answer, solutions(real_unit)["correlate2d"])
        book.run(test)
        expect(said).to_contain_text("correlate2d: PASS")


def test_formgrader_lists_the_unit_and_the_marks_of_its_submissions(visit, graded):
    assert sorted(graded.items()) == [("partly-wrong-02", "17 / 20"), ("perfect-01", "20 / 20")]
    with visit("lab") as page:
        page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
        page.get_by_role("menuitem", name="Formgrader").click()
        formgrader = page.frame_locator("iframe[src*=formgrader]")
        unit = formgrader.locator("tbody tr").filter(has_text="01-edge-detection")
        unit.get_by_role("link", name="2", exact=True).click()
        submissions = formgrader.locator("tbody tr")
        expect(submissions).to_have_count(len(graded))
        for student, marks in graded.items():
            expect(submissions.filter(has_text=student)).to_contain_text(re.compile(rf"graded\s*{marks}\b"))
