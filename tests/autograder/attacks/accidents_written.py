"""Accidents with the file itself: bytes that are missing, too many, in another encoding, or of something else."""

import io
import json
import zipfile

import nbformat

from autograder.course import NOTEBOOK
from tests.autograder.attacks.accident import Accident, cell_of
from tests.autograder.attacks.accidents_formats import PICTURE, numbered
from tests.autograder.attacks.world import MEAN, PEAK

BIG = 200 * 2**20  # bytes of outputs
ELSEWHERE = "# é, ü and ñ: written on a computer that writes them in its own way\n"


def cut(*words, keep=1):
    """The file ends after the first letters of the last of these words, each looked for after the one before."""
    def write(text):
        end = 0
        for word in words:
            end = text.index(word, end + 1)
        return text[:end + keep]
    return write


def with_picture(name):
    """A picture was shown by a cell."""
    def change(notebook):
        cell_of(notebook, name).outputs = [nbformat.v4.new_output("display_data", {"image/png": PICTURE * 20})]
    return change


def own_cell_with_picture(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("peak([1, 2])", outputs=[
        nbformat.v4.new_output("display_data", {"image/png": PICTURE * 20})]))


def conflict(mine, theirs):
    """What git leaves in a file when a line was changed in two places; `mine` is what is in the file."""
    def write(text):
        lines = text.splitlines(True)
        place = next(number for number, line in enumerate(lines) if mine in line)
        lines[place:place + 1] = ["<<<<<<< HEAD\n", lines[place], "=======\n", lines[place].replace(mine, theirs),
                                  ">>>>>>> 4f1c2aa (at home)\n"]
        return "".join(lines)
    return write


def big(content):
    """The file with something very large in the place of the picture."""
    return lambda text: text.replace(json.dumps(PICTURE * 20), content(), 1)


def crlf(text):
    return text.replace("\\n", "\\r\\n").replace("\n", "\r\n")


def flood(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("for n in range(10**7): print(n)"))
    notebook.cells[-1].outputs = [{"output_type": "stream", "name": "stdout", "text": PICTURE * 20}]


def lines_of_output():
    line = '"' + "step 17 of 1000: loss 0.12345, accuracy 0.98765, time 0.001 s ..." + '\\n",\n'
    return "[" + line * (BIG // len(line)) + '"end"]'


def widgets(notebook):
    layout = dict.fromkeys("align_content align_items bottom display flex grid_area height left margin order".split())
    model = {"model_module": "@jupyter-widgets/base", "model_name": "LayoutModel", "model_module_version": "2.0.0",
             "state": layout}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {
        "version_major": 2, "version_minor": 0, "state": {f"{number:032x}": model for number in range(20_000)}}}


def zipped(text):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(NOTEBOOK, text)
    return file.getvalue()


PAGE = "<!DOCTYPE html>\n<html><head><title>exercise</title></head><body><h1>{}</h1><pre>" + MEAN + "</pre></body></html>\n"
PEAK_LINE = "return int(np.argmax"

WRITTEN = [
    Accident("empty file", "The file is empty", write=lambda text: "", deserves=0.0, says="empty", graded=False),
    Accident("nothing but zeros", "The disk was full, and the file consists of zeros", write=lambda text: bytes(4096),
             deserves=0.0, says=NOTEBOOK, graded=False),
    Accident("zeros at the end", "The computer crashed, and zeros follow the notebook", write=lambda text: text + "\0" * 2048),
    Accident("rest of an older file", "The file is longer than the notebook: the rest of an older one follows",
             write=lambda text: text + text[-600:], says="after the end"),
    Accident("cut off in the last test", "The file ends in the last test", write=cut("assert peak", keep=9), says="damaged"),
    Accident("cut off in an answer", "The file ends in the last answer", write=cut(PEAK_LINE, keep=14), deserves=4.0,
             says="damaged"),
    Accident("cut off in an output", "The file ends in a picture that the last cell of the student's own had shown",
             own_cell_with_picture, cut("image/png", keep=300), says="damaged"),
    Accident("cut off before an answer", "The file ends in a picture that an answer had shown, before the answer's text",
             with_picture("scale"), cut("image/png", keep=300), deserves=1.0, says="damaged"),
    Accident("cut off after the cells", "The file ends after the last cell, in the notebook's metadata",
             write=cut("kernelspec", keep=30), says="damaged"),
    Accident("cut off at once", "The file ends after its first letters", write=lambda text: text[:14], deserves=0.0,
             says="not a notebook|damaged", graded=False),
    Accident("conflict in a number", "git's marks of a conflict stand about the number of an execution",
             numbered([17, 18, 19]), conflict('"execution_count": 18', '"execution_count": 3'), says="git|conflict"),
    Accident("conflict in an answer", "git's marks of a conflict stand about a line of an answer, which is blank in the other "
             "version", write=conflict("return sum(x) / len(x)", "raise NotImplementedError()"), says="git|conflict"),
    Accident("byte-order mark", "The file begins with a byte-order mark", write=lambda text: text.encode("utf-8-sig")),
    Accident("UTF-16", "The file is written in UTF-16", write=lambda text: text.encode("utf-16"), says="UTF-16"),
    Accident("Windows-1252", "The file is written in Windows-1252, and has letters that differ there",
             write=lambda text: text.encode("cp1252"), answers={"mean": ELSEWHERE + MEAN}, says="UTF-8|1252"),
    Accident("half of a letter", "A letter in a comment was cut in half by another program",
             write=lambda text: text.encode().replace("é".encode(), "é".encode()[:1]), answers={"mean": ELSEWHERE + MEAN},
             says="UTF-8|1252"),
    Accident("line ends of Windows", "All lines end as on Windows, in the file and in the cells", write=crlf),
    Accident("commas at the end", "Somebody edited the file by hand and left a comma after the last key",
             write=lambda text: text.rstrip()[:-1].rstrip() + ",\n}", says="damaged"),
    Accident("web page in its place", "The page of a login was saved in place of the notebook",
             write=lambda text: PAGE.format("Please log in"), deserves=0.0, says="web page|HTML", graded=False),
    Accident("ZIP in its place", "A ZIP file was given the notebook's name", write=zipped, deserves=0.0, says="ZIP",
             graded=False),
    Accident("Python in its place", "The notebook was exported as a Python program, under the notebook's name",
             write=lambda text: f"# In[1]:\n{MEAN}\n# In[2]:\n{PEAK}\n", deserves=0.0, says="not a notebook|Python",
             graded=False),
    Accident("JSON that is no notebook", "The file is JSON, but of something else", write=lambda text: '{"answers": [1, 2, 3]}',
             deserves=0.0, says="not a notebook|no cells|no notebook", graded=False),
    Accident("picture of 200 MB", "A picture of 200 MB was shown", own_cell_with_picture,
             big(lambda: '"' + "A" * BIG + '"')),
    Accident("200 MB of lines", "200 MB of lines were printed", flood, big(lines_of_output)),
    Accident("state of widgets", "The state of 20,000 widgets was saved with the notebook", widgets),
]
