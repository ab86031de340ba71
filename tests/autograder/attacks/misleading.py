"""Attacks on the people who read marks: pages that run something, terminals that obey, names that are paths."""

import nbformat

from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.world import WRONG

SCRIPT = "<script>document.title='@ME@'</script><img src=x onerror=\"document.title='@ME@'\">" \
         "<a href=\"javascript:document.title='@ME@'\">more</a><iframe src=\"https://example.org/@ME@\"></iframe>"
DISPLAY = "from IPython.display import display\n"
ESCAPES = "\\x1b]0;@ME@\\x07\\x1b[2J\\x1b[1;32mada  20 / 20\\x1b[0m\\r\\x9b2K\\u202eedisni"


def raises(text: str) -> str:
    return f"def scale(x, factor, each=None):\n    raise ValueError({text!r}.encode().decode('unicode_escape'))"


def cell_that_runs(notebook):
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"# Notes\n\n{SCRIPT}\n\n[more](javascript:document.title='@ME@')"))


def attachment(notebook):
    cell = nbformat.v4.new_markdown_cell("![a picture](attachment:a.svg)")
    cell.attachments = {"a.svg": {"image/svg+xml": "PHN2Zy8+\" onload=\"document.title='@ME@'"}}
    notebook.cells.append(cell)


def title(notebook):
    notebook.metadata["title"] = f"</title>{SCRIPT}"
    notebook.metadata["authors"] = [{"name": SCRIPT}]
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {
        "state": {}, "version_major": 2, "version_minor": 0, "x": f"</script>{SCRIPT}"}}


MISLEADING = [
    Attack("HTML", "shows HTML that runs a script",
           after=f"{DISPLAY}display({{'text/html': {SCRIPT!r}}}, raw=True)", pages="run"),
    Attack("JavaScript", "shows a script",
           after=f"{DISPLAY}display({{'application/javascript': \"document.title='@ME@'\"}}, raw=True)", pages="run"),
    Attack("drawing", "shows a drawing in SVG that runs a script", after=DISPLAY + "display({'image/svg+xml': "
           "\"<svg xmlns='http://www.w3.org/2000/svg' onload='document.title=1'><script>/*@ME@*/</script></svg>\"}, raw=True)",
           pages="run"),
    Attack("Markdown shown", "shows Markdown with a script in it",
           after=f"{DISPLAY}display({{'text/markdown': {SCRIPT!r}}}, raw=True)", pages="run"),
    Attack("picture that is none", "shows a picture whose data end the tag that it stands in",
           after=DISPLAY + "display({'image/png': 'AAAA\"><script>/*@ME@*/</script>'}, raw=True)", pages="run"),
    Attack("text cell", "has a script in a text cell", arrange=cell_that_runs, pages="run"),
    Attack("attachment", "has a script in an attachment of a text cell", arrange=attachment, pages="run"),
    Attack("metadata", "has a script in the title and the state of widgets", arrange=title, pages="run"),
    Attack("script in an answer", "ends the page's own tags in the code of an answer",
           WRONG + f"\n# </code></pre></script>{SCRIPT}\n", pages="run"),
    Attack("script in a message", "raises an exception whose text is HTML", f"""
def scale(x, factor, each=None):
    raise ValueError({SCRIPT!r})""", pages="run"),
    Attack("colours in a traceback", "raises an exception that is shown with a traceback of HTML", after=f"""
class Shown(Exception):
    def _render_traceback_(self): return [{SCRIPT!r}, "\\x1b[31m" + {SCRIPT!r}]
raise Shown""", pages="run"),
    Attack("escapes in a message", "raises an exception whose text clears a terminal and writes a mark in it",
           raises(ESCAPES)),
    Attack("escapes in a name", "names its exception and its function so", f"""
kind = type("{ESCAPES}", (Exception,), {{}})
def scale(x, factor, each=None): raise kind("@ME@")
scale.__name__ = scale.__qualname__ = "{ESCAPES}" """),
    Attack("message of many lines", "raises an exception whose text looks like rows of the table of marks",
           raises("wrong\\n\\nada  scale: 3 of 3\\n" + "z" * 5000)),
    Attack("markup in a message", "raises an exception whose text is markup of the program that prints the table",
           raises("[/] [bold] [link=https://example.org/@ME@]more[/link] @ME@ `</code>`")),
    Attack("student with escapes", "has a student id that clears a terminal", student="eve\x1b[2J\x1b]0;by-eve\x07\u202e"),
    Attack("student with markup", "has a student id that is HTML and markup", pages="run",
           student="[bold][eve]<img src=x onerror=by-student-with-markup->"),
    Attack("student who is a path", "has a student id that looks like parts of a path", student="..\\..%2f..~-rf"),
    Attack("student who is hidden", "has the student id that a folder of the grader's own has", student=".new"),
    Attack("student with a newline", "has a student id of two lines", student="eve\nada  5 of 5"),
    Attack("student with a wide name", "has the longest student id that a folder can have", student="e" * 253, alone=True,
           spoils=True),
    Attack("student who is no text", "has a student id that is not UTF-8", student="eve\udcff", alone=True, spoils=True),
    Attack("student like an option", "has a student id that looks like an option", student="--force"),
]
