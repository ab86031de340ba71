"""How an exception is told: its name, its text, and the student's own line, wherever the code ran."""

from cnnlib.check.compare import judge, run


def told(function) -> str:
    return judge(run(function, {}), run(lambda: 1, {})).sentence


def test_an_exception_names_the_last_line_of_the_student_s_own_file():
    def outer():
        return inner()

    def inner():
        return [][1]

    assert told(outer) == "it raised IndexError: list index out of range, in the line `return [][1]`"


def test_an_exception_of_another_process_names_the_line_that_its_note_says():
    def remote(*notes):
        error = ValueError("too large")
        error.raised_by = "remote"
        for note in notes:
            error.add_note(note)
        raise error

    noted = told(lambda: remote("see the manual", "in the line `y = f(x)`"))
    assert noted == "it raised ValueError: too large, in the line `y = f(x)`"
    assert told(remote) == "it raised ValueError: too large", "the line that passed it on is not the student's"
