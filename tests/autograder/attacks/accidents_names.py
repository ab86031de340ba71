"""Accidents with names and folders: the notebook stands elsewhere, or among other files, or was left at home."""

import nbformat

from autograder.course import NOTEBOOK
from tests.autograder.attacks.accident import WITHOUT_SCALE, Accident, cell_of
from tests.autograder.attacks.accidents_cells import NOTHING
from tests.autograder.attacks.accidents_written import PAGE, zipped
from tests.autograder.attacks.world import MEAN, SLUG, WRONG


def rename(*parts):
    """Hand it in under another path."""
    def place(folder):
        path = folder.joinpath(*parts)
        whole = folder / "whole"
        (folder / NOTEBOOK).rename(whole)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.rename(path)
    return place


def beside(files):
    """Hand in other files too: their contents by their paths."""
    def place(folder):
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return place


def variant(name, old, new):
    """Hand in another version of the notebook too."""
    def place(folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((folder / NOTEBOOK).read_text().replace(old, new))
    return place


def answers_beside(name):
    """The notebook with the answers has another name, and the one as it was released has the right one."""
    def place(folder):
        notebook = nbformat.read(folder / NOTEBOOK, as_version=4)
        (folder / NOTEBOOK).rename(folder / name)
        for question in ("mean", "scale", "peak"):
            cell = cell_of(notebook, question)
            cell.source = f"{cell.source.splitlines()[0]}\n{NOTHING}"
        nbformat.write(notebook, folder / NOTEBOOK)
    return place


def instead(name, data):
    """Hand in something else."""
    def place(folder):
        (folder / NOTEBOOK).unlink()
        if name:
            (folder / name).write_bytes(data)
    return place


def many_files(folder):
    for number in range(1500):
        path = folder / "venv" / "lib" / f"package{number % 30}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"number = {number}\n")


def another_units(notebook):
    """The notebook of another unit: other names, other functions."""
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id = f"other_{cell.metadata.nbgrader.grade_id}"
        for old, new in (("mean", "median"), ("scale", "shift"), ("peak", "low"), ("np", "numpy")):
            cell.source = cell.source.replace(old, new)
        cell.id = f"x{cell.id}"


def no_name(notebook):
    notebook.cells = [nbformat.v4.new_markdown_cell("# Lecture"), nbformat.v4.new_code_cell("print('hello')")]


OTHER = dict(says=f"there is no {NOTEBOOK}", deserves=0.0, graded=False)
NAMES = [
    Accident("downloaded twice", "The notebook is called `exercise (1).ipynb`", place=rename("exercise (1).ipynb"),
             says=r"exercise \(1\)\.ipynb"),
    Accident("capital letter", "The notebook is called `Exercise.ipynb`", place=rename("Exercise.ipynb"),
             says="Exercise.ipynb"),
    Accident("capital ending", "The notebook is called `exercise.IPYNB`", place=rename("exercise.IPYNB"),
             says="exercise.IPYNB"),
    Accident("student's name in front", "The notebook is called `ada_exercise.ipynb`", place=rename("ada_exercise.ipynb"),
             says="ada_exercise.ipynb"),
    Accident("copy of JupyterLab", "The notebook is called `exercise-Copy1.ipynb`", place=rename("exercise-Copy1.ipynb"),
             says="exercise-Copy1.ipynb"),
    Accident("nested", "The notebook lies in a folder `exercise`", place=rename("exercise", NOTEBOOK),
             says="exercise/exercise"),
    Accident("nested deeper", "The notebook lies in folders as a ZIP file was unpacked",
             place=rename("homework", SLUG, NOTEBOOK), says=f"homework/{SLUG}"),
    Accident("folder with its name", "The notebook lies in a folder that is called `exercise.ipynb`",
             place=rename(NOTEBOOK, NOTEBOOK), says=f"{NOTEBOOK}/{NOTEBOOK}"),
    Accident("saved as .json", "The browser saved the notebook as `exercise.ipynb.json`", place=rename("exercise.ipynb.json"),
             says="exercise.ipynb.json"),
    Accident("saved as .txt", "The browser saved the notebook as `exercise.ipynb.txt`", place=rename("exercise.ipynb.txt"),
             says="exercise.ipynb.txt"),
    Accident("only the checkpoint", "Only Jupyter's checkpoint was handed in",
             place=rename(".ipynb_checkpoints", "exercise-checkpoint.ipynb"), says="checkpoint"),
    Accident("answers under another name", "The blank exercise has the right name, and the answers are in `exercise (1).ipynb`",
             place=answers_beside("exercise (1).ipynb"), says=r"exercise \(1\)\.ipynb"),
    Accident("older copy", "An older copy with a wrong answer was handed in too",
             place=variant("exercise-Copy1.ipynb", "return sum(x) / len(x)", "return 0")),
    Accident("checkpoint as well", "Jupyter's checkpoint of an older version was handed in too",
             place=variant(".ipynb_checkpoints/exercise-checkpoint.ipynb", "return sum(x) / len(x)", "return 0")),
    Accident("older copy, answer wrong", "An older copy with a right answer was handed in too: the right name counts",
             place=variant("exercise-Copy1.ipynb", "+ factor", "* factor"), answers={"scale": WRONG}, deserves=WITHOUT_SCALE,
             says="scale"),
    Accident("other notebooks", "The lecture's notebook was handed in too", place=beside(
        {"lecture.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'})),
    Accident("large data", "Data of 12 MB were handed in too", place=beside({"data/train.npy": bytes(12 * 2**20)}),
             says="train.npy"),
    Accident("files of macOS", "The files that macOS puts beside others were handed in too", place=beside(
        {".DS_Store": b"\0\0\0\1Bud1" + bytes(90), "._exercise.ipynb": b"\0\5\x16\7" + bytes(90)})),
    Accident("folder of a ZIP of macOS", "The folder that macOS puts into a ZIP file was handed in too",
             place=beside({"__MACOSX/._exercise.ipynb": b"\0\5\x16\7" + bytes(90)})),
    Accident("files of Windows", "The files that Windows puts into folders were handed in too", place=beside(
        {"desktop.ini": b"[.ShellClassInfo]\r\n", "Thumbs.db": b"\xd0\xcf\x11\xe0" + bytes(500)})),
    Accident("hidden files", "A folder of git's and other hidden files were handed in too", place=beside(
        {".git/HEAD": b"ref: refs/heads/main\n", ".git/index": b"DIRC\0\0", ".env": b"X=1\n"})),
    Accident("own modules", "Programs of the student's own were handed in too, with names that Python's library has",
             place=beside({"random.py": b"raise SystemExit(1)\n", "string.py": b"", "test.py": b"print(1)\n"})),
    Accident("compiled files", "Python's compiled files were handed in too",
             place=beside({"__pycache__/own.cpython-311.pyc": b"\xa7\r\r\n", "own.py": b"x = 1\n"})),
    Accident("environment of Python", "A folder of 1,500 installed files was handed in too", place=many_files),
    Accident("nothing but a folder", "The folder is empty", place=instead("", b""), **OTHER),
    Accident("ZIP handed in", "A ZIP file was handed in and nothing else",
             place=lambda folder: (folder / NOTEBOOK).rename(folder / "homework.zip"), write=zipped, **OTHER),
    Accident("HTML handed in", "The notebook was exported as a web page", place=instead("exercise.html", PAGE.encode()),
             **OTHER),
    Accident("Python handed in", "The notebook was exported as a Python program", place=instead("exercise.py", MEAN.encode()),
             **OTHER),
    Accident("PDF handed in", "The notebook was printed", place=instead("exercise.pdf", b"%PDF-1.7\n%\xe2\xe3\n"), **OTHER),
    Accident("another unit's notebook", "The notebook of another unit was handed in", another_units, deserves=0.0,
             says="none of|another unit|nothing of|not .* of this unit", graded=False),
    Accident("lecture handed in", "The lecture's notebook was handed in", no_name, deserves=0.0,
             says="none of|another unit|nothing of|not .* of this unit", graded=False),
]
