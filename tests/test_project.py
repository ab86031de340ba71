"""What the project says of itself is so: documents, dependencies, commands, links, imports, sizes."""

import ast
import importlib.metadata
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import nbformat
import pytest
import yaml
from click.testing import CliRunner
from nbgrader.apps import NbGraderApp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.cli import main
from autograder.grade import QuestionResult, StudentResult

PROJECT = Path(__file__).resolve().parents[1]
DRAWING = ("plots", "widgets", "_drawing", "_sheet", "_live")  # how the names of cnnlib's drawing modules begin


def project_files() -> list[Path]:
    """Every file that git knows or would take; where there is no git, every file outside hidden folders and products."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=PROJECT,
                            capture_output=True, text=True) if (PROJECT / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        names = sorted(set(filter(None, listed.stdout.split("\0"))))
    else:
        names = [p.relative_to(PROJECT).as_posix() for p in sorted(PROJECT.rglob("*"))
                 if not re.search(r"/(\.|__pycache__|demo/|build/)|\.egg-info", "/" + p.relative_to(PROJECT).as_posix())]
    return [PROJECT / name for name in names if (PROJECT / name).is_file()]


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def text(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


FILES = project_files()
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]
PYTHON = [path for path in FILES if path.suffix == ".py"]
PYPROJECT = tomllib.loads(text("pyproject.toml"))
GROUPS = {"the project": PYPROJECT["project"]["dependencies"], **PYPROJECT["project"]["optional-dependencies"]}
DEPENDENCIES = [requirement for group in GROUPS.values() for requirement in map(Requirement, group)
                if requirement.name != PYPROJECT["project"]["name"]]  # an extra may name others of the project's own
PINS = [Requirement(line) for line in text("constraints.txt").splitlines() if line and not line.startswith(("#", "-"))]


# --- Dependencies -----------------------------------------------------------------------------------------------------

def test_environment_yml_is_a_python_version_and_this_project_through_pip():
    python, pip, through_pip = yaml.safe_load(text("environment.yml"))["dependencies"]
    assert re.fullmatch(r"python=3\.\d+", python) and pip == "pip"
    assert through_pip == {"pip": ["--constraint constraints.txt", "-e .[dev,weights]"]}


def test_the_python_of_environment_yml_is_one_that_pyproject_and_readme_allow():
    version = yaml.safe_load(text("environment.yml"))["dependencies"][0].removeprefix("python=")
    assert Requirement(f"python{PYPROJECT['project']['requires-python']}").specifier.contains(version)
    allowed = re.search(r"^- Python (3\.\d+(?:(?:, | or )3\.\d+)*)", text("README.md"), re.MULTILINE)[1]
    assert version in re.findall(r"3\.\d+", allowed)


def test_pyproject_is_the_only_list_of_dependencies():
    lists = ("*requirements*.txt", "*requirements*.in", "setup.py", "setup.cfg", "Pipfile*", "*.lock", "pixi.*",
             "conda-lock.yml", "environment*.y*ml")
    found = {name(path) for path in FILES if any(fnmatch(path.name, pattern) for pattern in lists)}
    assert found == {"environment.yml"}


@pytest.mark.parametrize("dependency", DEPENDENCIES, ids=str)
def test_a_dependency_is_pinned_to_one_version_that_it_allows(dependency):
    own = list(dependency.specifier)
    if len(own) == 1 and own[0].operator == "==" and "*" not in own[0].version:
        return  # pinned where it is listed
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(dependency.name)]
    assert len(pins) == 1, "run `make constraints`"
    version = re.fullmatch(r"==([\w.+!]+)", str(pins[0].specifier))
    assert version and dependency.specifier.contains(version[1], prereleases=True), f"{pins[0]}: run `make constraints`"


def test_constraints_hold_each_package_once_at_one_version():
    names = [canonicalize_name(pin.name) for pin in PINS]
    assert len(set(names)) == len(names) > len(DEPENDENCIES)
    assert all(re.fullmatch(r"==[\w.+!]+", str(pin.specifier)) for pin in PINS)


@pytest.mark.parametrize("path", ["constraints.txt", "environment.yml", "pyproject.toml"])
def test_no_package_comes_from_a_url_or_an_index_of_its_own(path):
    found = re.search(r".*(?:index-url|find-links|trusted-host|--index|\[\[tool\.uv\.index|git\+|file:|^-i\b|^-f\b).*",
                      text(path), re.MULTILINE)
    assert not found, found and found[0]
    assert "://" not in (text(path) if path != "pyproject.toml" else json.dumps(GROUPS))
    assert not any(requirement.url for requirement in DEPENDENCIES + PINS)


def test_what_is_installed_is_what_constraints_say():
    wrong = []
    for pin in PINS:
        try:
            there = importlib.metadata.version(pin.name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if (pin.marker is None or pin.marker.evaluate()) and not pin.specifier.contains(there, prereleases=True):
            wrong.append(f"{pin} is asked for, {there} is installed")
    assert not wrong, f"install again (README), these differ: {wrong}"


# --- Commands in documents --------------------------------------------------------------------------------------------

SHELL = {"cd", "cp", "mkdir", "source", "git"}  # what needs no proof
MAKEFILE = text("Makefile")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def commands(document: str) -> list[str]:
    """The commands in a document's `sh` blocks and in the code spans of its tables, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    rows = "\n".join(line for line in document.splitlines() if line.startswith("|"))
    lines += re.findall(r"`((?:make|autograder|nbgrader|jupyter|python|uv) [^`]*)`", rows)
    return [command for line in lines if (command := re.sub(r"\s+#.*", "", line).strip())]


def known_to_nbgrader(words: list[str]) -> bool:
    """Does `nbgrader` have this verb, and do `--options` and their values exist for it?"""
    app = NbGraderApp()
    while words and words[0] in app.subcommands:
        app, words = app.subcommands[words[0]][0](), words[1:]
    options = {word.split("=")[0].removeprefix("--") for word in words if word.startswith("--")}
    return not app.subcommands and options <= {*app.flags, *app.aliases}


def fault(command: str, patch: pytest.MonkeyPatch) -> str | None:
    """Why a command cannot be as it is documented, or None."""
    first, *rest = shlex.split(command)
    if first == "make":
        unknown = {word for word in rest if "=" not in word} - TARGETS
        return f"the Makefile has no target {unknown}" if unknown or not rest else None
    if first == "autograder":  # read as click reads it, with nothing done
        for verb in main.commands.values():
            patch.setattr(verb, "callback", lambda **_: None)
        result = CliRunner().invoke(main, rest)
        return None if result.exit_code == 0 else result.output
    if first == "nbgrader":
        return None if known_to_nbgrader(rest) else "nbgrader has no such verb or option"
    if first == "python" and rest[0] == "-m":
        return None if rest[1] in ("pip", "venv") or importlib.util.find_spec(rest[1]) else f"there is no module {rest[1]}"
    if first == "conda":
        named = yaml.safe_load(text("environment.yml"))["name"]
        files = [word for word in rest if word.endswith(".yml")]
        there = rest[-1] == named if rest[0] == "activate" else all((PROJECT / file).is_file() for file in files)
        return None if there else "no such environment or file"
    if first == "jupyter":
        first, rest = f"jupyter-{rest[0]}", rest[1:]
        missing = [word for word in rest if word.endswith(".ipynb") and not (PROJECT / word).is_file()]
        if missing:
            return f"there is no {missing}"
    return None if first in SHELL or shutil.which(first, path=Path(sys.executable).parent) else f"there is no {first}"


@pytest.mark.parametrize(("path", "command"), [
    pytest.param(path, command, id=f"{path}: {command}")
    for path in ("README.md", "course/README.md", "CONTRIBUTING.md") for command in dict.fromkeys(commands(text(path)))])
def test_a_documented_command_exists(path, command, monkeypatch):
    why = fault(command, monkeypatch)
    assert why is None, why


@pytest.mark.parametrize("command", [
    "make coffee", "autograder gradee 01-edge-detection", "autograder grade", "autograder grade 01-edge-detection --jsn m",
    "nbgrader autograd x", "nbgrader autograde x --forc", "nbgrader db student", "python -m cnnlibb", "conda activate cnn",
    "jupyter lap", "jupyter lab notebooks/none.ipynb", "autograde demo"])
def test_a_command_that_does_not_exist_is_found_out(command, monkeypatch):
    assert fault(command, monkeypatch)


def test_what_make_runs_can_be_typed_without_make_as_readme_says():
    section = text("README.md").split("## Without make")[1].split("\n## ")[0]
    typed = [shlex.split(command) for command in commands(section)]
    recipes = re.findall(r"^\t(.+)", re.sub(r"\\\n\s*", "", MAKEFILE), re.MULTILINE)
    run = [re.sub(r"\$\(BIN\)/", "", line).replace("$(PYTHON)", "python") for line in recipes if not line.startswith("@")]
    assert len(run) >= 7
    for line in run:
        assert shlex.split(line) in typed, f"README does not say how to do without make: {line}"


# --- Documents --------------------------------------------------------------------------------------------------------

def test_the_first_screen_of_readme_has_the_picture_both_commands_and_three_doors():
    screen = "\n".join(text("README.md").splitlines()[:45])
    alt, picture = re.search(r"!\[([^\]]+)\]\(([^)]+)\)", screen).groups()
    assert picture == "docs/images/01-edge-detection.png" and (PROJECT / picture).read_bytes().startswith(b"\x89PNG")
    assert len(alt.split()) > 10
    for command in ("make demo", "make test"):
        assert re.search(rf"^{command}\b", screen, re.MULTILINE)
    doors = {"Learn": "notebooks/01-edge-detection/", "Teach": "course/README.md", "Change it": "CONTRIBUTING.md"}
    for door, place in doors.items():
        assert re.search(rf"\*\*{door}\.\*\*[^\n]*\]\({place}\)", screen)


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)", re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_within_the_project_leads_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        assert target.exists() and target.is_relative_to(PROJECT), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"there is no heading for {link}"


def test_the_folders_that_readme_describes_are_those_that_there_are():
    table = text("README.md").split("## What stands where")[1].split("\n## ")[0]
    described = set(re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE))
    there = {name(path).split("/")[0] for path in FILES if "/" in name(path)}
    assert described == {folder for folder in there if not folder.startswith(".")}


def test_contributing_names_tests_that_exist():
    table = text("CONTRIBUTING.md").split("## When `make test` fails")[1]
    everything = "\n".join(path.read_text(encoding="utf-8") for path in PYTHON if "tests" in path.parts)
    named = re.findall(r"`(test_\w+)(?:\.\.\.)?`", table)
    assert len(named) > 10 and [test for test in named if f"def {test}" not in everything] == []


MESSAGES = re.findall(r"^\| `(.+?)` \| (from `nbgrader|from JupyterLab)?",
                      text("course/README.md").split("## When something goes wrong")[1], re.MULTILINE)


@pytest.mark.parametrize(("message", "from_elsewhere"), [pytest.param(*found, id=found[0]) for found in MESSAGES])
def test_a_message_that_instructors_may_see_is_one_that_the_code_can_say(message, from_elsewhere):
    if from_elsewhere:
        folders = [Path(importlib.util.find_spec(package).origin).parent for package in ("nbgrader", "ipykernel")]
        files = [file for folder in folders for file in folder.rglob("*.py")]
    else:
        files = [path for path in PYTHON if PROJECT / "autograder" in path.parents]
    joined = [re.sub(r"""["']\s*\n\s*f?["']""", "", file.read_text(encoding="utf-8")) for file in files]
    # what the code puts in from elsewhere is no part of what it says
    message = re.sub(r"exercise\.ipynb ?|KernelDied: |TimedOut: |(graded )?submissions|'\w+'", "...", message)
    for part in filter(None, map(str.strip, message.split("..."))):
        assert any(part in said for said in joined), f"nothing says {part!r}"


def test_the_json_in_the_instructors_guide_has_the_fields_that_grading_writes():
    sample = json.loads(re.search(r"```json\n(.*?)```", text("course/README.md"), re.DOTALL)[1])
    student = next(iter(sample["students"].values()))
    assert set(sample) == {"unit", "students"}
    assert set(student) == {field.name for field in fields(StudentResult)}
    for question in student["questions"].values():
        assert set(question) == {field.name for field in fields(QuestionResult)}


# --- Files ------------------------------------------------------------------------------------------------------------

def test_no_file_is_larger_than_5_mb():
    assert [f"{name(path)}: {path.stat().st_size:,} bytes" for path in FILES if path.stat().st_size > 5_000_000] == []


MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|work|opt|mnt|private|var/folders)/[\w.-]+|\b[A-Z]:\\{1,2}Users\\")


@pytest.mark.parametrize("ending", [".md", ".ipynb", ".toml", ".yml", ".txt"])
def test_no_path_of_somebodys_machine_stands_in_a_file(ending):
    for path in FILES:
        if path.suffix == ending:
            found = MACHINE_PATH.search(path.read_text(encoding="utf-8"))
            assert not found, f"{name(path)}: {found[0]}"


# --- Imports ----------------------------------------------------------------------------------------------------------

def imports(source: str, package: str = "") -> list[tuple[str, bool]]:
    """Every module that a source imports, as (dotted name, whether at module level); `from a import b` gives a and a.b."""
    found = []

    def visit(node: ast.AST, top: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                parent = ".".join(package.split(".")[:len(package.split(".")) - child.level + 1]) if child.level else ""
                module = ".".join(filter(None, (parent, child.module)))
                found.append((module, top))
                found.extend((f"{module}.{alias.name}", top) for alias in child.names)
            elif (isinstance(child, ast.Call) and "import" in ast.unparse(child.func) and child.args
                  and not ast.unparse(child.func).endswith("find_spec")):  # that only says where a module is
                if isinstance(child.args[0], ast.Constant) and isinstance(child.args[0].value, str):
                    found.append((child.args[0].value, top))
            visit(child, top and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    visit(ast.parse(source), True)
    return found


def modules(package: str) -> dict[str, list[tuple[str, bool]]]:
    """The imports of every module of a package, by the module's path inside it."""
    return {path.relative_to(PROJECT / package).as_posix():
            imports(path.read_text(encoding="utf-8"), ".".join(path.relative_to(PROJECT).parts[:-1]))
            for path in PYTHON if PROJECT / package in path.parents}


def importers(package: str, *targets: str, top_only: bool = False) -> set[str]:
    """The modules of a package that import one of the targets, or something inside one."""
    return {module for module, there in modules(package).items() for imported, top in there
            if (top or not top_only) and any(f"{imported}.".startswith(f"{target}.") for target in targets)}


def test_cnnlib_and_autograder_never_import_each_other():
    assert importers("cnnlib", "autograder") == importers("autograder", "cnnlib") == set()


def test_importing_a_module_of_cnnlib_never_imports_tensorflow():
    assert importers("cnnlib", "keras", "tensorflow", top_only=True) == set()


def test_in_cnnlib_only_drawing_modules_import_drawing_modules():
    drawing = {path.name for path in (PROJECT / "cnnlib").glob("*.py") if path.stem.startswith(DRAWING)}
    assert importers("cnnlib", *(f"cnnlib.{name.removesuffix('.py')}" for name in drawing)) <= drawing
    assert importers("cnnlib", "matplotlib", "ipywidgets", top_only=True) <= drawing
    assert importers("cnnlib", "cnnlib.widgets") == set()


def test_in_autograder_few_modules_know_nbgrader_and_one_knows_click():
    assert importers("autograder", "nbgrader") == {"nbgrader_parts.py", "sanitise.py", "gradebook.py", "build.py"}
    assert importers("autograder", "click") == {"cli.py"}


@pytest.mark.parametrize(("source", "found"), [
    ("import keras", ("keras", True)), ("def f():\n    import keras", ("keras", False)),
    ("try:\n    from cnnlib import plots\nexcept ImportError: pass", ("cnnlib.plots", True)),
    ("from . import plots", ("cnnlib.check.plots", True)), ("from .. import plots", ("cnnlib.plots", True)),
    ("import importlib\nimportlib.import_module('keras')", ("keras", True))])
def test_an_import_is_found_however_it_is_written(source, found):
    assert found in imports(source, "cnnlib.check")


LESSONS = [path for path in FILES if path.suffix == ".ipynb" or name(path).startswith("course/units/") and path.suffix == ".py"]


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_notebook_imports_only_cnnlib_from_the_project(path):
    if path.suffix == ".py":
        sources = [path.read_text(encoding="utf-8")]
    else:
        sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    sources = [re.sub(r"^\s*[%!].*", "", source, flags=re.MULTILINE) for source in sources]
    own = {folder.name for folder in PROJECT.iterdir() if any(folder in file.parents for file in PYTHON)}
    used = {imported.split(".")[0] for source in sources for imported, _ in imports(source)}
    assert used & own <= {"cnnlib"}
