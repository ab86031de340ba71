"""Where submissions are examined: in processes of this machine, or on a Dask cluster. `run` is the same for both.

`run(function, common, jobs)` calls `function(common, job)` for every job, on many of them at once, and yields each job
with what came of it as soon as it is there. Jobs are taken from an iterator, a few ahead of the work, so that a class of
any size needs the same memory here. A process that dies costs nothing but the job that it was on, and that only when a
fresh process dies on it as well. This is why the pool is our own: in the standard library's one dead process breaks the
whole pool, and in other pools the processes share a queue and its lock, with which one of them can die. Here each
process has a pipe of its own.
"""

import atexit
import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from autograder import temporary
from autograder.course import CourseError

# Nothing of the parent goes into a worker, no thread and no open database: workers are forked from a process of their own
FORKS = "forkserver" in multiprocessing.get_all_start_methods()
AHEAD = 2  # jobs that a worker has: the one that it is on, and one that waits
ATTEMPTS = 3  # processes that a job may break: of two, another program may have killed both
STARTS = 3  # processes in a row that may die before they have begun
STOP = 10.0  # seconds that an idle process has to end by itself, or a new one to be forked
RETRY = 0.05  # seconds between two tries to fork one
CONNECT = 10.0  # seconds in which a scheduler must answer
FIRST_WORKER = 30.0  # seconds to wait for a first worker of a cluster


class JobFailed(Exception):
    """A job that has no result, for a reason that is not in the job's own hands: the text says what happened."""


class Local:
    """Processes of this machine.

    workers : how many. seconds : wall time after which a job is given up, and its process killed; None is never.
    preload : names of modules that are imported once, in the process that the workers are forked from, where they can be.
    """

    def __init__(self, workers: int, seconds: float | None = None, preload: Sequence[str] = ()):
        self.workers, self.seconds = workers, seconds
        self._context = multiprocessing.get_context("forkserver" if FORKS else "spawn")
        if FORKS:
            temporary.keep_sockets_of_processes()
        if FORKS and preload:
            self._context.set_forkserver_preload(["__main__", *preload])
        self._team: list[_Worker] = []

    def start(self, function: Callable) -> None:
        """Start the processes ahead of `run`, which gets the same function: they import meanwhile what it needs."""
        self._team = [_Worker(function, self._context) for _ in range(self.workers)]
        for worker in self._team:
            worker.start()

    def close(self) -> None:
        """End the processes that were started ahead, at once; those of `run` end with it."""
        for worker in self._team:
            worker.end()

    def run(self, function: Callable, common: Any, jobs: Iterator) -> Iterator[tuple[Any, Any]]:
        """Each job with its result, or with a JobFailed, as they are done. Closing the iterator ends all processes at once.

        function, common and the jobs must be such that they can be pickled; common is sent once to each process.
        CourseError when no process can be started.
        """
        jobs, again = iter(jobs), deque()  # again: jobs whose process died, with how many they have broken
        team = self._team or [_Worker(function, self._context) for _ in range(self.workers)]
        for worker in team:
            worker.common = common
        try:
            while True:
                for load in range(1, AHEAD + 1):  # one job for each before a second for anyone
                    for worker in team:
                        if len(worker.jobs) < load and (job := _next(again, jobs)) is not None:
                            worker.give(*job)
                if not any(worker.jobs for worker in team):
                    for worker in team:
                        worker.dismiss()
                    return
                for worker in _ready(team, self.seconds):
                    yield from worker.take(again, self.seconds)
        finally:
            for worker in team:
                worker.end()


class Dask:
    """A Dask cluster. address : its scheduler's, such as tcp://192.168.0.5:8786."""

    def __init__(self, address: str):
        self.address = address

    def run(self, function: Callable, common: Any, jobs: Iterator) -> Iterator[tuple[Any, Any]]:
        """Each job with its result, or with a JobFailed, as they are done.

        A job whose worker is lost is given to another one by Dask itself, as often as its `allowed-failures` say.
        CourseError when there is no scheduler, when no worker joins it, or when it goes away.
        """
        try:
            import dask
            from distributed import Client, as_completed
        except ImportError:
            raise CourseError("for --scheduler, Dask is needed: `pip install cnn-course[cluster]`.") from None
        lost = CourseError(f"the connection to the Dask scheduler at {self.address} was lost.")
        jobs, flying = iter(jobs), {}
        with contextlib.ExitStack() as stack:
            # the files that were handed in travel with the job, so that it can be sent again: large or not
            stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}))
            try:
                client = stack.enter_context(Client(self.address, timeout=CONNECT, set_as_default=False))
                client.wait_for_workers(1, timeout=FIRST_WORKER)
            except (OSError, ValueError, ImportError) as fault:  # nobody there, no address, no such protocol
                raise CourseError(f"no Dask scheduler with workers answers at {self.address}: {fault}") from None
            finished = as_completed(loop=client.loop)
            while True:
                try:
                    seats = AHEAD * max(1, sum(client.nthreads().values()))
                except OSError:
                    raise lost from None
                while len(flying) < seats and (job := next(jobs, None)) is not None:
                    future = client.submit(function, common, job, pure=False)
                    flying[future.key] = job
                    finished.add(future)
                if not flying:
                    return
                future = next(finished)
                if future.status == "lost":  # its worker was, with the result: another one does it again
                    finished.add(future)
                    continue
                job = flying.pop(future.key)
                if future.status == "cancelled":
                    raise lost
                try:
                    answer = future.result()
                except Exception as fault:  # KilledWorker, or an exception of the function
                    answer = JobFailed(f"{type(fault).__name__}: {fault}")
                future.release()
                yield job, answer


def _next(again: deque, jobs: Iterator) -> tuple[Any, int] | None:
    """The next job, and how many processes it has broken; None when there is none."""
    if again:
        return again.popleft()
    job = next(jobs, None)
    return None if job is None else (job, 0)


def _ready(team: list["_Worker"], seconds: float | None) -> list["_Worker"]:
    """Wait until some workers have an answer, are dead, or are overdue."""
    busy = [worker for worker in team if worker.jobs]
    patience = None if seconds is None else max(0.0, min(worker.since for worker in busy) + seconds - time.monotonic())
    ready = set(wait([handle for worker in busy for handle in worker.handles()], patience))
    return [worker for worker in busy if ready.intersection(worker.handles()) or worker.overdue(seconds)]


class _Worker:
    """One process, started when it gets its first job or before, and again after it died; its jobs, it is on the first."""

    def __init__(self, function: Callable, context: multiprocessing.context.BaseContext):
        self.function, self.context, self.common = function, context, None
        self.process: multiprocessing.Process | None = None
        self.pipe: Connection | None = None
        self.jobs: deque[tuple[Any, int]] = deque()
        self.since = 0.0  # when it began with the first of its jobs
        self.informed = self.ready = self.dismissed = False  # informed: it was sent what all jobs have in common
        self.failed_starts = 0

    def handles(self) -> list:
        return [self.pipe, self.process.sentinel]

    def overdue(self, seconds: float | None) -> bool:
        return seconds is not None and bool(self.jobs) and time.monotonic() - self.since >= seconds

    def give(self, job: Any, broken: int) -> None:
        if self.process is None:
            self.start()
        if not self.jobs:
            self.since = time.monotonic()
        self.jobs.append((job, broken))
        with contextlib.suppress(OSError):  # it has just died: `take` will see that
            if not self.informed:
                self.pipe.send(self.common)
                self.informed = True
            self.pipe.send(job)

    def take(self, again: deque, seconds: float | None) -> Iterator[tuple[Any, Any]]:
        """The answers that are there. If it has died or is overdue, its jobs go to `again`, or are given up."""
        try:
            while self.jobs and self.pipe.poll():
                answer = self.pipe.recv()
                self.since = time.monotonic()
                if self.ready:
                    yield self.jobs.popleft()[0], answer
                else:
                    self.ready, self.failed_starts = True, 0
            if self.process.is_alive() and not self.overdue(seconds):
                return
        except (EOFError, OSError):
            pass
        overdue, was_ready = self.overdue(seconds), self.ready
        why = f"no end after {seconds:g} s" if overdue else f"the process that it ran in died ({self._exit()})"
        self.end()
        jobs, self.jobs = self.jobs, deque()
        if not was_ready:  # no job is to blame
            self.failed_starts += 1
            if self.failed_starts == STARTS:
                raise CourseError(f"no worker process can be started: {why}.")
        elif jobs:
            job, broken = jobs.popleft()
            if broken + 1 < ATTEMPTS:
                again.append((job, broken + 1))
            else:
                yield job, JobFailed(f"{why}, and so it did when tried again: is there enough memory?")
        again.extend(jobs)

    def dismiss(self) -> None:
        """Tell the process that there is no more to do, and let it clean up."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                self.pipe.send(None)
            self.dismissed = True

    def end(self) -> None:
        """See that the process is gone: at once, unless it was dismissed."""
        process, self.process = self.process, None
        if process is None:
            return
        if self.dismissed:
            process.join(STOP)
        process.kill()
        process.join()
        process.close()
        self.pipe.close()

    def start(self) -> None:
        until = time.monotonic() + STOP
        while True:
            self.pipe, theirs = self.context.Pipe()
            process = self.context.Process(target=_work, args=(theirs, self.function, dict(os.environ)), daemon=True)
            try:
                with theirs, _interrupts_held_back():
                    process.start()
                break
            except (EOFError, OSError) as fault:  # what forks it is just being killed: there will be another
                self.pipe.close()
                if time.monotonic() > until:
                    why = str(fault) or "what starts them has died"
                    raise CourseError(f"no worker process can be started: {why}.") from None
                time.sleep(RETRY)
        self.process = process
        self.informed = self.ready = False

    def _exit(self) -> str:
        """How the process ended."""
        self.process.join()
        code = self.process.exitcode
        try:
            return signal.Signals(-code).name if code < 0 else f"exit status {code}"
        except ValueError:
            return f"signal {-code}"


def _work(pipe: Connection, function: Callable, environment: dict[str, str]) -> None:
    """What a process does: job after job, until it is told to end or the parent is gone."""
    os.environ.clear()  # it has that of the process that it was forked from, which may be older than the parent's
    os.environ.update(environment)
    gc.freeze()  # what was imported stays: no collection need go through it
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches every process: the parent decides what it means
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    inbox: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, inbox), daemon=True).start()
    pipe.send("ready")
    common = inbox.get()
    while (job := inbox.get()) is not None:
        try:
            answer = function(common, job)
        except Exception as fault:
            answer = JobFailed(f"{type(fault).__name__}: {fault}")
        pipe.send(answer)
    atexit._run_exitfuncs()  # a process that was forked runs none by itself


def _receive(pipe: Connection, inbox: queue.SimpleQueue) -> None:
    """Take in what the parent sends, also during a job, and end with the parent."""
    try:
        while (job := pipe.recv()) is not None:
            inbox.put(job)
        inbox.put(None)
    except (EOFError, OSError):
        os._exit(1)
    except BaseException:  # what was sent cannot be read here: without this end the parent would wait for ever
        traceback.print_exc()
        os._exit(1)


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """A process that is started in here does not know Ctrl-C until it lets it through."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

