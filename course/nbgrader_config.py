"""nbgrader's settings for this course; read by every `nbgrader` command, by Formgrader and by `autograder`."""

from pathlib import Path

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "cnn"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# A test cell that a student deleted is put back from the source, and graded.
c.OverwriteCells.add_missing_cells = True

# The same limit as `autograder grade`: seconds for one cell.
c.Execute.timeout = 60

# HTML in students' text cells is cleaned before Formgrader or feedback puts it on a page: a script would run there.
c.HTMLExporter.filters = {"markdown2html": "autograder.stock_pages.clean_markdown"}

# Feedback says what went wrong, not what the hidden tests are.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.stock_pages.HideTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
