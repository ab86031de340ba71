"""What the pages of stock nbgrader need to be safe: `nbgrader generate_feedback` for students, Formgrader for staff.

nbgrader_config.py names both parts.
"""

import functools

import bleach
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

from autograder.leaks import REGION

TAGS = {*bleach.ALLOWED_TAGS, *"p br hr h1 h2 h3 h4 h5 h6 pre span div img table thead tbody tr th td del sub sup".split(),
        "details", "summary"}
ATTRIBUTES = {"*": ["class", "id", "title"], "a": ["href"], "img": ["src", "alt"], "th": ["align"], "td": ["align"]}
PROTOCOLS = {"http", "https", "mailto", "data"}  # data: pictures that are attached to a cell


@pass_context
def clean_markdown(context, source: str) -> str:
    """A text cell as HTML in which nothing runs: students write text cells too."""
    return bleach.clean(_exporter().markdown2html(context, source), TAGS, ATTRIBUTES, PROTOCOLS)


@functools.cache
def _exporter() -> HTMLExporter:
    return HTMLExporter()


class HideTests(Preprocessor):
    """Takes the hidden tests out of a graded notebook: from the cells, and from the tracebacks that quote them."""

    enabled = Bool(True)  # nbconvert's own default is off

    def preprocess_cell(self, cell, resources, index):
        if REGION.search(cell.source):
            if cell.metadata.get("nbgrader", {}).get("grade"):
                for output in cell.get("outputs", []):
                    if output.output_type == "error":
                        output.traceback = [f"{output.ename}: {output.evalue}"]
            cell.source = REGION.sub("# (hidden tests)", cell.source)
        return cell, resources
