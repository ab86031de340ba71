"""The trust gate: does a test use something that a student could replace?

A test runs outside of the student's process, with what locked cells have imported and defined there. Every other name that
it uses is fetched from the student. For the function that it tests that is the point; a helper that comes from a cell which
students may change or delete is theirs as well, and then it says whatever they like.
"""

import builtins
import symtable

from autograder.cells import is_test, settings_of
from autograder.checker.shell import as_python


def replaceable(source) -> list[str]:
    """What the tests of an exercise use and only a cell of the students' defines, in sentences; an empty list when nothing.

    source: the exercise with its solutions and hidden tests. A question should not have the name of something of Python's
    own either: that would stand in for it where a student deletes the cell.
    """
    questions = {settings_of(cell)["grade_id"] for cell in source.cells if settings_of(cell).get("solution")}
    found = [f"the question `{name}` has the name of something of Python's own: give it another one"
             for name in sorted(questions & set(dir(builtins)))]
    ours, theirs = questions | set(dir(builtins)), set()
    for cell in source.cells:
        if cell.cell_type != "code":
            continue
        settings, (used, bound) = settings_of(cell), names_of(cell.source)
        if is_test(cell):
            found += [f"{settings['grade_id']} uses `{name}`, which only a cell defines that students can change: define it in "
                      "a locked cell" for name in sorted((used - bound - ours) & theirs)]
        is_ours = is_test(cell) or (settings.get("locked") and not settings.get("solution"))
        (ours if is_ours else theirs).update(bound)
    return found


def names_of(text: str) -> tuple[set[str], set[str]]:
    """The global names that a cell uses, its functions and classes included, and those to which it gives a value."""
    try:
        return _names(symtable.symtable(as_python(text), "cell", "exec"))
    except (SyntaxError, ValueError):  # to run it will tell
        return set(), set()


def _names(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    symbols = [symbol for symbol in table.get_symbols() if table.get_type() == "module" or symbol.is_global()]
    used = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    bound = {symbol.get_name() for symbol in symbols
             if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()}
    for child in table.get_children():
        more_used, more_bound = _names(child)
        used, bound = used | more_used, bound | more_bound
    return used, bound
