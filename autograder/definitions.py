"""What a cell of a student's defines and would install, seen from outside: nothing is run."""

import ast
import re
import warnings

LONGEST = 100_000  # characters of a cell that are read
INSTALLS = re.compile(  # `!pip install x`, to the end of a line that goes on
    r"^([ \t]*)([%!]+ *(?:python3? -m )?(?:pip3?|conda|mamba|uv|apt|apt-get|brew) (?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)
_DEFINES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parsed(source: str) -> ast.Module | None:
    """A cell's code without the lines that only IPython knows; None for what is no Python."""
    text = re.sub(r"^([ \t]*)(?:[%!].*|\?.*|.*\?)$", r"\1pass", source, flags=re.MULTILINE)
    if len(text) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on how a student writes
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def defined(source: str) -> frozenset[str]:
    """The names of the functions and classes that a cell defines."""
    tree = parsed(source)
    return frozenset(node.name for node in tree.body if isinstance(node, _DEFINES)) if tree else frozenset()


def definitions(source: str) -> str:
    """The functions and classes of a cell with its imports and constants, for when something before them stops the cell.

    An import that fails is passed over. "" where nothing can stand in the way of a definition, or nothing is defined.
    """
    tree = parsed(source)
    body = tree.body if tree else []
    last = max((place for place, node in enumerate(body) if isinstance(node, _DEFINES)), default=0)
    if all(isinstance(node, _DEFINES) or _is_constant(node) for node in body[:last]):
        return ""
    kept = [node for node in body if isinstance(node, _DEFINES | ast.Import | ast.ImportFrom) or _is_constant(node)]
    try:
        return "\n".join(f"try:\n    {ast.unparse(node)}\nexcept Exception:\n    pass"
                         if isinstance(node, ast.Import | ast.ImportFrom) else ast.unparse(node) for node in kept)
    except (RecursionError, ValueError):
        return ""


def installs(source: str) -> list[str]:
    """The lines of a cell with which it would install something."""
    return [found[2] for found in INSTALLS.finditer(source)]


def without_installs(source: str) -> str:
    """A cell without these lines: where there is no network, they would cost a minute each and come to nothing."""
    return INSTALLS.sub(r"\1pass", source)


def _is_constant(node: ast.stmt) -> bool:
    """Is it a text by itself, or a name for a value that is written out?"""
    if not isinstance(node, ast.Expr | ast.Assign) or (isinstance(node, ast.Assign) and not all(
            isinstance(target, ast.Name) for target in node.targets)):
        return False
    try:
        ast.literal_eval(node.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
