"""The `autograder` command: build the course, make sample submissions, grade, give feedback."""

import atexit
import contextlib
import errno
import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import click

from autograder.course import Course, CourseError, Unit, find_course

EXAMPLES = "\n\n\b\nExamples:\n"
NAMED = 5  # misplaced submissions that are named


class _Failure(click.ClickException):
    """Something did not work out: exit status 1."""


@contextlib.contextmanager
def _faults_in_a_sentence() -> Iterator[None]:
    """What cannot be done becomes a sentence and exit status 1, and so does what the system refuses: a full disk, a folder."""
    try:
        yield
    except CourseError as fault:
        raise _Failure(str(fault)) from None
    except OSError as fault:
        if fault.errno == errno.EPIPE:  # who reads what is printed has gone: click ends quietly
            raise
        where = f": {fault.filename}" if fault.filename else ""
        raise _Failure(f"{fault.strerror or fault}{where}. What was done before stays. Run it again to go on.") from None


@contextlib.contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """A request to end, and a terminal that is closed, end what is done in here as Ctrl-C does: cleanly."""
    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]  # nohup has it ignored
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _usage(fault: CourseError) -> click.UsageError:
    """Something was asked for that is not there: exit status 2."""
    return click.UsageError(str(fault))


@click.group(help="Build the course and grade it." + EXAMPLES + """\
  autograder demo
  autograder --course ../spring/course grade 01-edge-detection -j 4""")
@click.option("--course", "folder", metavar="DIR", type=click.Path(file_okay=False),
              help="The course root, which holds units/ and nbgrader_config.py.  [default: ./course, or here]")
@click.version_option(package_name="cnn-course")
@click.pass_context
def main(context: click.Context, folder: str | None) -> None:
    os.environ["PYTHONSAFEPATH"] = "1"  # what this starts loads nothing from the folder that it is in: it may be a student's
    atexit.register(gc.freeze)  # Python looks for garbage once more before it ends, which took a third of a second
    gc.set_threshold(50_000, 20, 20)  # imports make many objects and no garbage: to look for it took a tenth of the time
    context.obj = folder


def _course(context: click.Context) -> Course:
    try:
        return find_course(context.obj)
    except CourseError as fault:
        raise _usage(fault) from None


def _unit(context: click.Context, slug: str) -> Unit:
    try:
        return _course(context).unit(slug)
    except CourseError as fault:
        raise _usage(fault) from None


@main.command(help="""Write every notebook that is derived from the masters in units/.

What has not changed keeps its outputs; --force runs everything anew, as after a change of cnnlib. With --check nothing
is written: the notebooks are built in memory and compared, outputs aside, and the exit status is 1 if one differs.
""" + EXAMPLES + """\
  autograder build
  autograder build --check""")
@click.option("--check", is_flag=True, help="Compare only; print a diff and exit with 1 if a notebook differs.")
@click.option("--force", is_flag=True, help="Run every notebook again, changed or not.")
@click.pass_context
def build(context: click.Context, check: bool, force: bool) -> None:
    from autograder import build as building
    problems: list[str] = []
    for unit in _course(context).units():
        click.echo(f"{'Checking' if check else 'Building'} {unit.slug}")
        try:
            if check:
                problems += building.check(unit)
            else:
                building.build(unit, force, click.echo)
        except CourseError as fault:
            raise _Failure(str(fault)) from None
    if problems:
        click.echo("\n".join(problems))
        raise _Failure("derived notebooks do not match their masters: run `autograder build` and commit what it writes.")


@main.command(help="""Make a class of sample submissions for UNIT in submitted/.

The students are perfect, partly wrong (mistakes of the unit's catalogue), blank and crashing, at least one of each in a
class of four. The same seed gives the same class. Sample students of an earlier call are replaced, others left alone.
""" + EXAMPLES + """\
  autograder sample 01-edge-detection
  autograder sample 01-edge-detection --students 30 --seed 7""")
@click.argument("unit")
@click.option("--students", metavar="N", type=click.IntRange(min=1), default=8, show_default=True, help="Size of the class.")
@click.option("--seed", metavar="S", type=int, default=0, show_default=True, help="Which class.")
@click.pass_context
def sample(context: click.Context, unit: str, students: int, seed: int) -> None:
    from autograder.sample import make_class
    where = _unit(context, unit)
    try:
        made = make_class(where, students, seed)
    except CourseError as fault:
        raise _Failure(str(fault)) from None
    click.echo(f"{len(made)} submissions in {where.course.root / 'submitted'}")
    for one in made:
        click.echo(f"  {one.student:16} {'wrong: ' + ', '.join(sorted(one.wrong)) if one.wrong else 'all right'}")


@main.command(help="""Grade the submissions of UNIT: run them, record the marks in the gradebook, print a table.

A submission is submitted/STUDENT/UNIT/exercise.ipynb. One that cannot be graded is named, gets 0 points, and does not
stop the others; the exit status is then 1. What is graded and has not changed since is skipped; so a run that was
ended, even by a power cut, is gone on with by the same command.
""" + EXAMPLES + """\
  autograder grade 01-edge-detection
  autograder grade 01-edge-detection --student ada -j 1 --json marks.json""")
@click.argument("unit")
@click.option("--student", metavar="ID", help="Grade this student only.")
@click.option("-j", "--jobs", metavar="N", type=click.IntRange(min=1), default=os.cpu_count() or 1,
              show_default="one a core", help="How many notebooks run at once.")
@click.option("--json", "json_file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="Also write all marks and messages to FILE.")
@click.option("--force", is_flag=True, help="Grade also what has not changed.")
@click.option("--sandbox", type=click.Choice(["auto", "require"]), default="auto", show_default=True,
              help="auto: confine submissions as well as this system can, and say what is missing; "
                   "require: grade only where nothing is missing.")
@click.option("--scheduler", metavar="ADDRESS",
              help="Let the workers of a Dask cluster run the notebooks, in place of -j: its scheduler, as tcp://HOST:8786.")
@click.option("--db", "db_url", metavar="URL",
              help="The gradebook, as postgresql://USER@HOST/NAME.  [default: what nbgrader_config.py says, or gradebook.db]")
@click.pass_context
def grade(context: click.Context, unit: str, student: str | None, json_file: Path | None, **options) -> None:
    from autograder.grade import write_json
    from autograder.report import marks_console, print_marks, print_reasons, shown
    where = _unit(context, unit)
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise click.UsageError(f"there is no folder {json_file.absolute().parent} to write {json_file.name} in.")
    results = _grade(where, _students(where, where.students(), student, "submissions", "submitted/STUDENT/"), **options)
    console = marks_console()
    print_marks(where, results, console)
    print_reasons(results, console)
    if json_file is not None:
        with _faults_in_a_sentence():
            write_json(where, results, json_file)
        click.echo(f"Marks and messages: {json_file}")
    if misplaced := where.course.misplaced():
        more = f" and {len(misplaced) - NAMED} more" if len(misplaced) > NAMED else ""
        click.echo(f"Not graded, because a submission is submitted/STUDENT/UNIT/exercise.ipynb: "
                   f"{', '.join(map(shown, misplaced[:NAMED]))}{more}. Look at the folders' names.")
    failed = [name for name, result in results.items() if not result.graded]
    if failed:
        raise _Failure(f"{len(failed)} of {len(results)} submissions could not be graded: {', '.join(map(shown, failed))}.")


@main.command(help="""Write the feedback on all graded submissions of UNIT: feedback/STUDENT/UNIT/exercise.html.

It shows the marks and what went wrong, and not the hidden tests. The same page stands beside it as Markdown.
""" + EXAMPLES + """\
  autograder feedback 01-edge-detection
  autograder feedback 01-edge-detection --student ada""")
@click.argument("unit")
@click.option("--student", metavar="ID", help="Write this student's feedback only.")
@click.option("--db", "db_url", metavar="URL", help="The gradebook, if another one was named when the unit was graded.")
@click.pass_context
def feedback(context: click.Context, unit: str, student: str | None, db_url: str | None) -> None:
    from autograder import archive
    where = _unit(context, unit)
    _feedback(where, _students(where, archive.students(where), student, "graded submissions", "submitted/STUDENT/"), db_url)


@main.command(help="""Show the whole main job on one unit: build it, make a class, grade it, write feedback.

It works in a course of its own, DIR, which is made anew each time, and touches no other.
""" + EXAMPLES + """\
  autograder demo
  autograder demo --students 20 demo-of-20""")
@click.option("--unit", "slug", metavar="UNIT", default="01-edge-detection", show_default=True, help="The unit to show.")
@click.argument("folder", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@click.option("--students", metavar="N", type=click.IntRange(min=1), default=8, show_default=True, help="Size of the class.")
@click.pass_context
def demo(context: click.Context, slug: str, folder: Path, students: int) -> None:
    from autograder import build as building
    from autograder.demo import fresh_course, is_own
    from autograder.report import marks_console, print_marks, print_reasons
    from autograder.sample import make_class
    original = _unit(context, slug).course
    if not is_own(folder):
        raise click.UsageError(f"{folder} exists and is not a demo: name another folder, or remove it.")
    try:
        unit = fresh_course(original, folder).unit(slug)
        click.echo(f"Building {slug}")
        building.build(unit, say=click.echo)
        click.echo(f"Making a class of {students}")
        make_class(unit, students, seed=0)
    except CourseError as fault:
        raise _Failure(str(fault)) from None
    results = _grade(unit, unit.students(), jobs=os.cpu_count() or 1)
    _feedback(unit, list(results))
    console = marks_console()
    print_marks(unit, results, console)
    print_reasons(results, console)
    for what, path in (("submissions", "submitted"), ("graded", "autograded"), ("feedback", "feedback"),
                       ("gradebook", "gradebook.db"), ("for students", "notebooks")):
        click.echo(f"  {what:13} {folder / path}")


def _students(unit: Unit, there: list[str], wanted: str | None, what: str, place: str) -> list[str]:
    from autograder.report import shown
    if not there:
        raise click.UsageError(f"no {what} for {unit.slug} in {unit.course.root}: they are {place}{unit.slug}/exercise.ipynb. "
                               f"`autograder sample {unit.slug}` makes a class to try with.")
    if wanted is not None and wanted not in there:
        raise click.UsageError(
            f"no student {wanted!r} among the {what} of {unit.slug}: there are {', '.join(map(shown, there))}.")
    return there if wanted is None else [wanted]


def _grade(unit: Unit, students: list[str], jobs: int, scheduler: str | None = None, **options) -> dict:
    from autograder.grade import grade as grade_all
    from autograder.report import in_a_word, marks_console, progress
    click.echo(f"Grading {_count(students)} of {unit.slug}, "
               + (f"on the cluster of {scheduler}" if scheduler else f"{jobs} at once"))
    graded = skipped = 0
    console = marks_console()
    try:
        with _ended_like_ctrl_c(), _faults_in_a_sentence(), progress(len(students), "graded", console) as one_more:
            def done(student, result, was_skipped):
                nonlocal graded, skipped
                graded, skipped = graded + (not was_skipped), skipped + was_skipped
                one_more(in_a_word(student, result))

            results = grade_all(unit, students, jobs=jobs, scheduler=scheduler, done=done, **options,
                                say=lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True))
    except KeyboardInterrupt:
        raise _Failure(f"interrupted: {graded + skipped} of {_count(students)} are graded. Run it again to go on.") from None
    if skipped:
        click.echo(f"  {skipped} of them had not changed since they were graded: --force grades them again")
    return results


def _count(students: list[str]) -> str:
    return f"{len(students)} submission{'s' if len(students) != 1 else ''}"


def _feedback(unit: Unit, students: list[str], db_url: str | None = None) -> None:
    from autograder.grade import write_feedback
    from autograder.report import marks_console, progress, shown
    click.echo(f"Writing the feedback of {len(students)} student{'s' if len(students) != 1 else ''}")
    with _faults_in_a_sentence(), progress(len(students), "written", marks_console()) as one_more:
        for path in write_feedback(unit, students, db_url):
            one_more(shown(path.parent.parent.name))
    click.echo(f"  in {unit.course.root / 'feedback'}")
