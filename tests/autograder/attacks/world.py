"""The world that an attack is let loose in: a small course with secrets, a class, and what an attacker would like to reach.

Everything stands in one folder and is built by code: a course of three questions whose tests are partly hidden, a gradebook,
classmates' submissions, results of an earlier run, the home folder of the one who grades, and listeners that say who
reached them. One question, `scale`, is attacked; the other two are answered honestly by everybody, and must keep their marks.
"""

import contextlib
import hashlib
import json
import os
import random
import secrets
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import zmq
from nbgrader.api import Gradebook

from autograder.course import Course, Unit
from autograder.gradebook import Recorder
from autograder.sample import fill
from tests.autograder.attacks.inside import VICTIM

SLUG = "01-attacked"
MATE = "zoe"  # the classmate that attacks are aimed at; graded last
RESULTS = tuple(f"{folder}/{MATE}/00-earlier/exercise.{kind}" for folder, kind in (  # of an earlier unit
    ("autograded", "ipynb"), ("graded", "json"), ("feedback", "html")))
PASSWORD = "GRADER_PASSWORD"  # a variable of the one who grades
SCALE, HONEST = 3.0, {"test_mean": 1.0, "test_peak": 1.0}  # points of the attacked question, and of the other tests
WRITTEN = ("report.json", "marks.json", "log.txt", "home/.cache/", "home/.config/", "home/.jupyter/", "home/.ipython/",
           "home/.local/share/jupyter/nbsignatures", "course/release/", "course/gradebook.db", "course/.nbgrader.log",
           "course/autograded/", "course/graded/", "course/feedback/")

WRONG = "def scale(x, factor, each=None):\n    return np.asarray(x) + factor"
RIGHT = """def scale(x, factor, each=None):
    return np.asarray(x if each is None else [each(value) for value in x]) * factor"""
MEAN = "def mean(x):\n    return sum(x) / len(x)"
PEAK = "def peak(x):\n    return int(np.argmax(x))"

TEST = """# Numbers that you can redo (2 points).
assert np.allclose(scale([1.0, 2.0], 3), [3, 6]), "scale([1, 2], 3) is not 3 and 6"
### BEGIN HIDDEN TESTS
_secret = "{tests}"
_x = np.arange(12.0).reshape(3, 4)
_want = np.arange(12.0).reshape(3, 4) * 2.5
np.testing.assert_allclose(scale(_x, 2.5), _want)
_want = [{number} * 2]
assert all(a == b for a, b in zip(scale([{number}], 2), _want, strict=True)), "a long number is not doubled"
### END HIDDEN TESTS
"""
TEST_2 = """# A function that is called with each number first (1 point).
### BEGIN HIDDEN TESTS
_want = [({number} + 1) * 2, 4.0]
np.testing.assert_allclose(scale([{number}, 1.0], 2, each=lambda value, secret="{tests}": value + 1), _want)
### END HIDDEN TESTS
"""
SETTINGS = """c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "attacked"
c.OverwriteCells.add_missing_cells = True
c.Execute.timeout = {seconds}
c.GenerateFeedback.force = True
"""
TIMES = """cell_wall = 6
question_wall = 15
submission_wall = 40
cell_cpu = 1.5
question_cpu = 4
submission_cpu = 20
"""
LIMITS = """memory = 256
processes = 32
file_size = 4
disk = 16
output = 1
value = 4
"""


@dataclass(frozen=True)
class Secrets:
    """What nobody outside may learn. number: an argument that a hidden test passes."""

    tests: str = field(default_factory=lambda: f"sesame-tests-{secrets.token_hex(6)}")
    mate: str = field(default_factory=lambda: f"sesame-mate-{secrets.token_hex(6)}")
    gradebook: str = field(default_factory=lambda: f"sesame-gradebook-{secrets.token_hex(6)}")
    environment: str = field(default_factory=lambda: f"sesame-environment-{secrets.token_hex(6)}")
    number: str = field(default_factory=lambda: f"{random.SystemRandom().randrange(10**6, 10**7)}.125")


@dataclass
class World:
    """One such folder. address: what attacks may be told, by the name between @ signs that stands for it in their code."""

    root: Path
    secrets: Secrets = field(default_factory=Secrets)
    address: dict[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> Unit:
        return Unit(SLUG, Course(self.root / "course"))

    @property
    def home(self) -> Path:
        return self.root / "home"

    def build(self, patient: bool = False) -> "World":
        """Write the course, the home folder and the classmate's submission; the gradebook is `register`'s.

        patient : whether cells may take as long as in a course, for submissions of which none tries to take long
        """
        course = self.unit.course.root
        self.unit.source.parent.mkdir(parents=True)
        (course / "units" / SLUG).mkdir(parents=True)
        (course / "units" / SLUG / "exercise.py").write_text("# the text of this course is its source notebook\n")
        (course / "nbgrader_config.py").write_text(SETTINGS.format(seconds=60 if patient else 4))
        (course / "limits.toml").write_text(LIMITS if patient else TIMES + LIMITS)
        nbformat.write(self._source(), self.unit.source)
        for place in RESULTS:
            (course / place).parent.mkdir(parents=True)
            (course / place).write_text(json.dumps({"of": self.secrets.mate}))
        for folder in (".ipython/profile_default/startup", ".local/share/jupyter/runtime", ".ssh"):
            (self.home / folder).mkdir(parents=True)
        (self.home / ".ssh/id_ed25519").write_text(self.secrets.environment)
        self.submit_honestly(MATE)
        return self

    def register(self) -> None:
        """Have a gradebook that knows the unit and a classmate."""
        with Recorder(self.unit) as recorder:
            recorder.register()
        self.add_mate()

    def add_mate(self) -> None:
        with Gradebook(f"sqlite:///{self.unit.course.database()}", "attacked") as gradebook:
            gradebook.update_or_create_student(MATE, first_name=self.secrets.gradebook)

    def _source(self) -> nbformat.NotebookNode:
        own = vars(self.secrets)
        return nbformat.v4.new_notebook(cells=[
            _text("# Three functions"), _locked("imports", "import numpy as np"),
            _text("## The mean"), _answer("mean", MEAN), _test("test_mean", 1, "assert mean([1.0, 2.0, 6.0]) == 3\n"),
            _text("## Scaling"), _answer("scale", RIGHT, forbidden=["numpy.kron"]),
            _test("test_scale", 2, TEST.format(**own)), _test("test_scale_2", 1, TEST_2.format(**own)),
            _text("## The peak"), _answer("peak", PEAK), _test("test_peak", 1, "assert peak([1.0, 7.0, 3.0]) == 1\n")],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})

    def notebook(self, answer: str = RIGHT) -> nbformat.NotebookNode:
        """The released exercise with its questions answered, `scale` by this text."""
        return fill(self.unit, {"mean": MEAN, "scale": answer, "peak": PEAK})

    def submit_honestly(self, student: str) -> None:
        path = self.unit.submission(student)
        path.parent.mkdir(parents=True)
        nbformat.write(self.notebook(f"{RIGHT}  # {self.secrets.mate}"), path)

    def told(self, text: str, **more: str) -> str:
        """A text of an attack with the names between @ signs replaced."""
        known = {"COURSE": str(self.unit.course.root), "HOME": str(self.home), "MATE": MATE, "VICTIM": VICTIM}
        for name, value in (self.address | known | more).items():
            text = text.replace(f"@{name}@", value)
        return text

    def protected(self) -> dict[str, str]:
        """Digests of the files that no submission may change, by path: all but what graders and kernels write themselves."""
        found, folders = {}, [self.root]
        for folder in folders:  # grows while it is walked: a submission may be deeper than Python can recurse
            for entry in os.scandir(folder):
                name = os.path.relpath(entry.path, self.root)
                written = name.startswith(WRITTEN) and not name.endswith(RESULTS) and "/startup/" not in name
                if entry.is_dir(follow_symlinks=False) and len(entry.path) < 1000:
                    folders.append(entry.path)
                elif entry.is_file() and not written:
                    found[name] = hashlib.sha256(Path(entry.path).read_bytes()).hexdigest()
        return found


def _text(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def _graded(name: str, source: str, *, grade: bool, solution: bool, **more) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["nbgrader"] = {"grade_id": name, "grade": grade, "solution": solution, "locked": not solution, "task": False,
                                 "schema_version": 3} | more
    return cell


def _locked(name: str, source: str) -> nbformat.NotebookNode:
    return _graded(name, source, grade=False, solution=False)


def _answer(name: str, source: str, forbidden: list[str] = []) -> nbformat.NotebookNode:  # noqa: B006 - it is not changed
    head, _, body = source.partition("\n")
    cell = _graded(name, f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION", grade=False, solution=True)
    cell.metadata["forbidden"] = forbidden
    return cell


def _test(name: str, points: int, source: str) -> nbformat.NotebookNode:
    return _graded(name, source.strip(), grade=True, solution=False, points=points)


class Listeners:
    """Servers of the one who grades, on this machine: `heard` is what came in, whoever sent it."""

    def __init__(self, world: World):
        self.heard: list[bytes] = []
        self._stack = contextlib.ExitStack()
        tcp = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        places = str(world.root / "socket"), f"\0attacked-{secrets.token_hex(4)}"
        unix = [self._stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in places]
        for place, server in zip(places, unix, strict=True):
            server.bind(place)
            server.listen()
        context = self._stack.enter_context(zmq.Context())
        kernel = context.socket(zmq.ROUTER)  # a kernel of the one who grades, in which something is open
        kernel.linger = 0
        port = kernel.bind_to_random_port("tcp://127.0.0.1")
        (world.home / ".local/share/jupyter/runtime/kernel-1.json").write_text(json.dumps(
            {"transport": "tcp", "ip": "127.0.0.1", "shell_port": port, "key": "k", "signature_scheme": "hmac-sha256"}))
        world.address |= {"TCP": str(tcp.getsockname()[1]), "UDP": str(udp.getsockname()[1]), "SOCKET": places[0],
                          "ABSTRACT": places[1][1:]}
        self._ended, end = socket.socketpair()
        self._stack.callback(self._ended.close)
        self._end = end
        self._thread = threading.Thread(target=self._listen, args=([tcp, *unix], udp, kernel, end))
        self._thread.start()

    def _listen(self, servers, datagrams, kernel, end) -> None:
        poller = zmq.Poller()
        for there in (*servers, datagrams, kernel, end):
            poller.register(there, zmq.POLLIN)
        by_file = {there.fileno(): there for there in (*servers, datagrams, end)}
        while True:
            for there, _ in poller.poll():
                if there is kernel:
                    self.heard.append(b" ".join(kernel.recv_multipart()))
                elif by_file[there] is end:
                    kernel.close()
                    return
                elif by_file[there] is datagrams:
                    self.heard.append(datagrams.recv(65536))
                else:
                    connection, _ = by_file[there].accept()
                    with connection:
                        connection.settimeout(2)
                        with contextlib.suppress(OSError):
                            self.heard.append(connection.recv(65536))

    def close(self) -> None:
        self._ended.send(b".")
        self._thread.join()
        self._end.close()
        self._stack.close()

    def __enter__(self) -> "Listeners":
        return self

    def __exit__(self, *_) -> None:
        self.close()
