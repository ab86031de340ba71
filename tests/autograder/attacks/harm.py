"""What came of an attack: the harm that it did, in words. One way of looking for all graders, so that they can be compared."""

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers

from autograder.cells import is_test
from autograder.course import NOTEBOOK
from autograder.nbgrader_parts import nbgrader_settings
from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.exhausting import BEYOND
from tests.autograder.attacks.graders import Run, marks
from tests.autograder.attacks.world import HONEST, MATE, SCALE, SLUG

LARGEST = 10 * 2**20  # bytes of a graded notebook
HEAVIEST = 220  # MiB of one of the grader's own processes
OBEYED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # what a terminal takes for an order
SILENT = re.compile(r"[\x07\x08\x0b\x0c\r]")  # of these, what the library that prints the table leaves out
WHAT = {"tests": "hidden tests", "mate": "a classmate's work", "gradebook": "the gradebook", "environment": "a password",
        "number": "numbers of the hidden tests"}


def harms(attack: Attack, run: Run) -> list[str]:
    """What an attack achieved; [] where it came to nothing."""
    world, student = run.world, attack.folder()
    own, mate = marks(run, student), marks(run, MATE)
    notebook = world.unit.course.root / "autograded" / student / SLUG / NOTEBOOK
    shown, printed = outputs(notebook, tests_too=run.strict)
    found = []
    if run.ended or sum(mate.get(name, 0) for name in (*HONEST, "test_scale", "test_scale_2")) < SCALE + sum(HONEST.values()):
        hangs = run.ended == "hangs" and not run.strict  # how our grader fails depends on how busy the machine is
        found.append("the run hangs" if hangs else "others are not graded")
    earned = own.get("test_scale", 0) + own.get("test_scale_2", 0)
    extra = sum(own.values()) - earned - sum(HONEST.values())
    if earned > attack.deserves:
        found.append(f"{earned:g} of {SCALE:g} points")
    if extra > 0:
        found.append(f"{extra:g} points too many elsewhere")
    if not found and not attack.spoils and any(own.get(name, 0) < points for name, points in HONEST.items()):
        found.append("its honest answers lose their marks")
    page = _text(world.unit.feedback(student))
    said = "\n".join(line for line in run.log.splitlines() if student in line)
    seen = [shown, said, page if run.strict or attack.pages == "read" else ""]
    found += [f"shows {what}" for name, what in WHAT.items() if any(getattr(world.secrets, name) in text for text in seen)]
    changed = {name for name in run.before.keys() | run.after.keys() if run.before.get(name) != run.after.get(name)}
    mine = [name for name in sorted(changed) if not run.together or attack.mark() in _text(world.root / name)]
    outside = [name for name in mine if not name.startswith(f"course/submitted/{student}/")]
    if outside:
        found.append(f"changes {outside[0]}")
    found += [f"writes {Path(place).name}" for place in run.outside if attack.mark() in place]
    if any(attack.mark().encode() in part for part in run.heard):
        found.append("is heard outside")
    if not run.victim_lives and not run.ended:
        found.append("kills a process")
    if attack.sleep(world) in run.left:
        found.append("leaves processes running")
    if BEYOND in printed:
        found.append("has more than the limits")
    if notebook.is_file() and notebook.stat().st_size > LARGEST:
        found.append(f"a graded notebook of {notebook.stat().st_size / 2**20:.0f} MB")
    if attack.pages == "run" and runs(page, attack.mark()):
        found.append("its script runs in the feedback")
    if attack.pages == "run" and notebook.is_file() and runs(formgrader(run, notebook), attack.mark()):
        found.append("its script runs in Formgrader")
    is_shown = re.search(f"{OBEYED.pattern}|\\n", student) and SILENT.sub("", student) in SILENT.sub("", run.log)
    if is_shown or any(OBEYED.search(line) for line in run.log.split("\n") if attack.mark() in line):
        found.append("the terminal obeys it")
    if attack.heavy and run.peak > HEAVIEST:
        found.append("the grader itself takes much memory")
    return found


def outputs(notebook: Path, tests_too: bool) -> tuple[str, str]:
    """What a graded notebook shows: without or with its tests, and in all."""
    if not notebook.is_file():
        return "", ""
    cells = [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]
    shown = [output for cell in cells if tests_too or not is_test(cell) for output in cell.outputs]
    return str(shown), "\n".join(str(output) for cell in cells for output in cell.outputs)


def formgrader(run: Run, notebook: Path) -> str:
    """The page on which staff look at a submission."""
    settings = nbgrader_settings(run.world.unit.course)
    settings.HTMLExporter.template_name = "formgrade"
    settings.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    names = "assignment_id notebook_id submission_id base_url student last_name first_name notebook_path".split()
    resources = dict.fromkeys(names, "x") | {"index": 0, "total": 1}
    return HTMLExporter(config=settings).from_filename(str(notebook), resources=resources)[0]


class _Page(HTMLParser):
    """Looks for a mark where a browser would run or load it."""

    def __init__(self, mark: str):
        super().__init__()
        self.mark, self.in_script, self.found = mark, False, False

    def handle_starttag(self, tag, attributes):
        self.in_script = tag in ("script", "style")
        self.found |= any(self.mark in (value or "") and (name.startswith("on") or name in (
            "href", "src", "srcdoc", "action", "data", "xlink:href", "style")) for name, value in attributes)

    def handle_endtag(self, tag):
        self.in_script = self.in_script and tag not in ("script", "style")

    def handle_data(self, data):
        self.found |= self.in_script and self.mark in data


def runs(page: str, mark: str) -> bool:
    """Would a browser run, load or follow what has this mark?"""
    reader = _Page(mark)
    reader.feed(page)
    reader.close()
    return reader.found


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
