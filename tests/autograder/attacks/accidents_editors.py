"""Accidents with editors and kernels: what Colab, VS Code and others write, and cells that run only there."""

import copy
import json
import random
import string
import uuid

import nbformat

from tests.autograder.attacks.accident import WITHOUT_SCALE, Accident, as_jupyter_writes, cell_of
from tests.autograder.attacks.accidents_cells import named, own_cell, turn
from tests.autograder.attacks.accidents_formats import PICTURE, ids
from tests.autograder.attacks.accidents_written import cut, with_picture
from tests.autograder.attacks.world import MEAN, PEAK, RIGHT, WRONG

LANGUAGE = {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
            "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3", "version": "3.11.9"}
BROKEN = "SyntaxError|IndentationError|TabError"  # what Python calls an answer that it cannot read
BADGE = '<a href="https://colab.research.google.com/drive/1x" target="_parent"><img src="https://colab.research.google.com/' \
        'assets/colab-badge.svg" alt="Open In Colab"/></a>'


def no_metadata(wanted=lambda cell: True):
    """An editor that knows nothing of nbgrader drops what it does not know."""
    def change(notebook):
        for cell in notebook.cells:
            if wanted(cell):
                cell.metadata = nbformat.from_dict({})
    return change


def new_ids(notebook):
    chance = random.Random(5)
    ids(lambda number: f"{chance.randrange(16**8):08x}")(notebook)


def in_turn(*changes):
    def change(notebook):
        for one in changes:
            notebook = one(notebook) or notebook
        return notebook
    return change


def colab(notebook, keep=True):
    """As Colab writes a notebook: format 4.0, ids within the metadata, keys in an order of its own.

    keep : whether nbgrader's metadata are still there
    """
    chance, cells = random.Random(7), []
    for cell in [nbformat.v4.new_markdown_cell(BADGE), *notebook.cells]:
        metadata = {"id": "".join(chance.choices(string.ascii_letters + string.digits + "-_", k=12))}
        if not cells:
            metadata = {"id": "view-in-github", "colab_type": "text"}
        written = {"cell_type": cell.cell_type, "source": cell.source.splitlines(True), "metadata": metadata}
        if keep:
            metadata |= copy.deepcopy(cell.metadata)
        if cell.cell_type == "code":
            if cell.outputs:
                metadata |= {"colab": {"base_uri": "https://localhost:8080/", "height": 34},
                             "outputId": str(uuid.UUID(int=chance.getrandbits(128)))}
            written |= {"execution_count": len(cells), "outputs": cell.outputs}
        cells.append(written)
    return nbformat.from_dict({
        "nbformat": 4, "nbformat_minor": 0, "metadata": {
            "colab": {"provenance": [], "gpuType": "T4", "toc_visible": True, "include_colab_link": True},
            "kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"},
            "accelerator": "GPU"}, "cells": cells})


def in_colabs_order(text):
    """The file with its keys as Colab orders them: a cell's text before its outputs."""
    notebook = nbformat.from_dict(json.loads(text))
    order = ("cell_type", "source", "metadata", "execution_count", "outputs")
    notebook["cells"] = [{key: cell[key] for key in order if key in cell} for cell in notebook["cells"]]
    return as_jupyter_writes(notebook, sort=False)


def vscode(notebook):
    """As VS Code writes a notebook: the environment's name for the kernel, languages in the metadata of cells."""
    notebook.metadata = nbformat.from_dict({"kernelspec": {"display_name": ".venv (3.11.9)", "language": "python",
                                                           "name": "python3"}, "language_info": LANGUAGE})
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = number
    notebook.cells.append(nbformat.v4.new_code_cell("ls -l", metadata={"vscode": {"languageId": "shellscript"}}))


def vscode_language(language):
    """A wrong language was chosen for an answer's cell: it stays a cell of code."""
    def change(notebook):
        vscode(notebook)
        notebook.cells[-1].source = ""
        cell_of(notebook, "scale").metadata["vscode"] = {"languageId": language}
    return change


def vscode_of_2020(notebook):
    """As its first versions wrote a notebook: the cells that were run lost their metadata, and all their ids."""
    no_metadata(lambda cell: cell.cell_type == "code")(notebook)
    ids(lambda number: None)(notebook)
    notebook.nbformat_minor = 2
    notebook.metadata["orig_nbformat"] = 2
    notebook.metadata["language_info"] = {"name": "python", "version": "3.8.5-final"}


def pycharm(notebook):
    ids(lambda number: None)(notebook)
    notebook.nbformat_minor = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata |= {"collapsed": True, "pycharm": {"name": "#%%\n", "is_executing": False}}
    notebook.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "pycharm-1a2b3c"}


def kaggle(notebook):
    for cell in notebook.cells:
        cell.metadata |= {"_uuid": "8f2839f25d086af736a60e9eeb907d3b93b6e0e5", "trusted": True,
                          "execution": {"iopub.status.busy": "2026-01-07T10:00:00.0Z", "shell.execute_reply": "2026-01-07"}}
    notebook.metadata |= {"kaggle": {"accelerator": "nvidiaTeslaT4", "dataSources": [], "isInternetEnabled": True}}


def jupyterlab(notebook):
    for cell in notebook.cells:
        cell.metadata |= {"scrolled": True, "tags": [], "slideshow": {"slide_type": ""}, "jupyter": {"source_hidden": True}}
    notebook.metadata["toc-autonumbering"] = True


def stripped(notebook):
    notebook.metadata = nbformat.from_dict({})


def kernel(**spec):
    def change(notebook):
        notebook.metadata["kernelspec"] = spec
    return change


def of_r(notebook):
    notebook.metadata = nbformat.from_dict({
        "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
        "language_info": {"name": "R", "file_extension": ".r", "mimetype": "text/x-r-source", "version": "4.3.1"}})


def before_all(text):
    return lambda notebook: notebook.cells.insert(0, nbformat.v4.new_code_cell(text))


def above(question, text):
    """Lines above an answer, in its own cell."""
    return {question: f"{text}\n{dict(mean=MEAN, scale=RIGHT, peak=PEAK)[question]}"}


EDITORS = [
    Accident("Colab", "The notebook was edited in Colab, which keeps nbgrader's metadata", colab),
    Accident("Colab without metadata", "The notebook went through Colab and lost nbgrader's metadata",
             lambda notebook: colab(notebook, keep=False), says="metadata|scale"),
    Accident("Colab without metadata, answer wrong", "Colab lost the metadata, and an answer is wrong",
             lambda notebook: colab(notebook, keep=False), answers={"scale": WRONG}, deserves=WITHOUT_SCALE,
             says="metadata|scale"),
    Accident("Colab's file cut off", "The file ends in a picture, which in Colab's order comes after the answer's text",
             in_turn(with_picture("scale"), colab), lambda text: cut("image/png", keep=300)(in_colabs_order(text)),
             deserves=4.0, says="damaged"),
    Accident("drive of Colab", "A cell of the student's own opens Google's drive",
             in_turn(before_all("from google.colab import drive\ndrive.mount('/content/drive')"), colab)),
    Accident("form of Colab", "An answer has the title that Colab makes a form of", colab,
             answers=above("scale", '#@title The answer { display-mode: "form" }')),
    Accident("VS Code", "The notebook was edited in VS Code, with a cell in the shell's language", vscode),
    Accident("VS Code, plain text", "In VS Code an answer's cell was said to be plain text", vscode_language("plaintext")),
    Accident("VS Code of 2020", "An old VS Code dropped the metadata of all cells that were run", vscode_of_2020,
             says="metadata|scale"),
    Accident("metadata dropped", "An editor dropped all metadata of cells but kept their ids", no_metadata(),
             says="metadata|scale"),
    Accident("metadata and ids dropped", "An editor dropped all metadata of cells and made new ids",
             in_turn(no_metadata(), new_ids), says="metadata|scale"),
    Accident("metadata dropped, answer wrong", "An editor dropped all metadata and ids; the answer knows only what is shown",
             in_turn(no_metadata(), new_ids), answers={"scale": "def scale(x, factor, each=None):\n    return [3.0, 6.0]"},
             deserves=WITHOUT_SCALE, says="metadata|scale"),
    Accident("metadata of answers dropped", "The answers were typed into new cells, which have no metadata",
             in_turn(no_metadata(named("mean", "scale", "peak")), new_ids), says="metadata|scale"),
    Accident("metadata of tests dropped", "The tests were typed into new cells, which have no metadata",
             in_turn(no_metadata(named("test_mean", "test_scale", "test_scale_2", "test_peak")), new_ids),
             says="metadata|test_scale"),
    Accident("metadata and type lost", "An editor dropped all metadata, and an answer became a text cell",
             in_turn(turn(named("scale"), "markdown"), no_metadata(), new_ids), says="scale"),
    Accident("new ids", "An editor made new ids", new_ids),
    Accident("PyCharm", "The notebook was edited in PyCharm", pycharm),
    Accident("Kaggle", "The notebook was edited on Kaggle", kaggle),
    Accident("JupyterLab", "JupyterLab's own metadata are in all cells", jupyterlab),
    Accident("stripped", "A program took all metadata of the notebook away", stripped),
]
KERNELS = [
    Accident("kernel of R", "The notebook says that it is one of R", of_r, says="kernel"),
    Accident("kernel of an environment", "The kernel is one that only the student's computer has",
             kernel(name="myenv", display_name="Python (myenv)", language="python")),
    Accident("kernel of conda", "The kernel is conda's", kernel(name="conda-env-cnn-py", display_name="Python [conda env:cnn]",
                                                                language="python")),
    Accident("kernel without a name", "The kernel has no name", kernel(display_name="Python 3")),
    Accident("no kernel", "The notebook does not say its kernel", lambda nb: nb.metadata.pop("kernelspec") and None),
    Accident("asks for a name", "A cell of the student's own asks for input",
             before_all("name = input('Your name? ')\nprint(name)")),
    Accident("asks for a number first", "An answer's cell asks for a number above the function",
             answers=above("scale", "n = int(input('How many? '))"), says="input|EOF"),
    Accident("asks for a number afterwards", "An answer's cell asks for a number below the function, to try it",
             answers={"scale": f"{RIGHT}\n\nn = float(input('By how much? '))\nprint(scale([1.0], n))"}),
    Accident("asks when it is called", "A function asks for what it should take as an argument",
             answers={"scale": "def scale(x, factor, each=None):\n    return np.asarray(x) * float(input('By how much? '))"},
             deserves=WITHOUT_SCALE, says="input"),
    Accident("waits for a key", "A cell of the student's own asks for a password",
             before_all("from getpass import getpass\nkey = getpass('Key: ')")),
    Accident("pip install", "A cell installs packages with pip", before_all("!pip install numpy matplotlib")),
    Accident("magic pip", "A cell installs a package with pip's magic", before_all("%pip install -q numpy")),
    Accident("pip above an answer", "An answer's cell installs a package first",
             answers=above("scale", "!pip install -q numpy"), says="pip"),
    Accident("apt", "A cell installs a program of the system", before_all("!apt-get -qq install -y graphviz > /dev/null")),
    Accident("magics", "Cells load and use IPython's magics",
             before_all("%load_ext autoreload\n%autoreload 2\n%matplotlib inline\n%precision 3")),
    Accident("bash", "A cell is written in the shell's language", before_all("%%bash\nls -l\necho done")),
    Accident("widget magic", "A cell asks for a way to draw that is not installed", before_all("%matplotlib widget\nx = 1")),
    Accident("time over an answer", "An answer is timed", answers=above("scale", "%%time")),
    Accident("output of an answer hidden", "The output of an answer is captured", answers=above("scale", "%%capture shown")),
    Accident("unknown magic above an answer", "An answer's cell begins with a magic of Colab's",
             answers=above("scale", "%tensorflow_version 2.x"), says="tensorflow_version"),
    Accident("missing extension above an answer", "An answer's cell begins with an extension that is not installed",
             answers=above("scale", "%load_ext tensorboard"), says="tensorboard"),
    Accident("syntax error", "An answer has a syntax error", answers={"scale": RIGHT.replace("factor, each", "factor each")},
             deserves=WITHOUT_SCALE, says=BROKEN),
    Accident("bracket left open", "A bracket of an answer is left open",
             answers={"mean": "def mean(x):\n    return sum(x) / len(x"}, deserves=4.0, says=BROKEN),
    Accident("wrong indentation", "A line of an answer is indented wrongly",
             answers={"scale": RIGHT.replace("    return", "return")}, deserves=WITHOUT_SCALE, says=BROKEN),
    Accident("tabs and spaces mixed", "An answer mixes tabs and spaces", answers={
        "scale": "def scale(x, factor, each=None):\n    x = np.asarray(x)\n\treturn x * factor"},
             deserves=WITHOUT_SCALE, says=BROKEN),
    Accident("tabs", "An answer is indented by tabs", answers={"scale": RIGHT.replace("    ", "\t")}),
    Accident("fence around an answer", "An answer was pasted with the fence of Markdown around it",
             answers={"scale": f"```python\n{RIGHT}\n```"}, deserves=WITHOUT_SCALE, says=BROKEN),
    Accident("typographic quotes", "An answer was pasted from a word processor, with its quotation marks", answers={
        "scale": RIGHT.replace("    return", "    “the product”\n    return")}, deserves=WITHOUT_SCALE, says=BROKEN),
    Accident("invisible spaces", "An answer was pasted from a web page, with spaces that Python does not take for any",
             answers={"scale": RIGHT.replace("    ", "\xa0" * 4)}, deserves=WITHOUT_SCALE, says=BROKEN),
    Accident("error in a cell of one's own", "A cell of the student's own raises an error", own_cell("1 / 0", "scale")),
    Accident("syntax error in a cell of one's own", "A cell of the student's own has a syntax error",
             own_cell("for x in", "scale")),
    Accident("drawing", "A cell of the student's own draws", own_cell(
        f"import base64\nfrom IPython.display import Image\nImage(base64.b64decode('{PICTURE}'))")),
]
