"""What a student reads after grading: the marks and what went wrong, without the hidden tests themselves."""

from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

from autograder.leaks import REGION


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
