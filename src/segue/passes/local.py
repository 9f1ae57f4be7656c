"""One unit of work = one file in, one row out: the pass that every reader of recordings runs in.

The pass can be killed at any moment and goes on where it was. A file that cannot be read becomes a row that
says why; one that takes its process down with it costs that process alone.
"""

import logging
import signal
import time
from collections.abc import Container, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal, Protocol, TypedDict, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from segue.kit.errors import SegueError
from segue.passes.journal import Row, content_keys, open_journal

__all__ = ["Engine", "Outcome", "Row", "Work", "content_keys", "go_through", "rows_of", "safe_row"]

log = logging.getLogger(__name__)

Engine = Literal["local", "ray"]
Channel = connection.Connection
Rows = Generator[tuple[str, Row], None, None]


class Work(Protocol):
    """What is done to each file. It travels to other processes, so it pickles small and loads late."""

    @property
    def identity(self) -> str:
        """A name that differs wherever the rows would."""

    def __call__(self, path: Path) -> Row:
        """The row of one file; a file that cannot be read is a row with an error, never an exception."""


class Reading(TypedDict):
    """How recordings are gone through, whatever is made of them: see `go_through`."""

    workers: int
    engine: Engine
    refit: bool


@dataclass(frozen=True)
class Outcome:
    """What a pass did.

    Args:
        passing: rows with an error that is not kept, by key.
    """

    n_read: int
    passing: dict[str, Row] = field(default_factory=dict)


def go_through(
    journal: Path,
    files: Mapping[str, Path],
    work: Work,
    *,
    workers: int = 1,
    engine: Engine = "local",
    title: str = "",
    refit: bool = False,
) -> Outcome:
    """Make the row of every file and leave it in the journal (`rows_of`): they may be more than memory holds.

    Args:
        journal: a file that keeps every finished row; safe against being killed at any moment.
        files: key -> file. The key says what is in the file (`content_keys`), so a moved file keeps its row.
        engine: "ray" runs the same pass on a Ray cluster (`segue[scale]`).

    Raises:
        SegueError: the work cannot be done at all (a model or a library is missing), or the journal is
            damaged.
    """
    identity = work.identity
    with open_journal(journal) as book:
        if refit:
            book.forget(identity)
        known = book.keys(identity)
        todo = [(key, path) for key, path in files.items() if key not in known]
        passing: dict[str, Row] = {}
        # Closed at once where the pass is stopped: an abandoned generator leaves its workers until
        # collected.
        with closing(_rows(todo, work, workers, engine)) as rows:
            for key, row in _shown(rows, len(todo), title):
                if row.passing:
                    passing[key] = row
                else:
                    book.put(identity, key, row)
    return Outcome(len(todo), passing)


def rows_of(
    journal: Path, work: Work, keys: Container[str], passing: Mapping[str, Row]
) -> Iterator[tuple[str, Row]]:
    """The rows of a pass by key, one in memory at a time: those of the journal, then those not kept."""
    with open_journal(journal) as book:
        yield from book.rows(work.identity, keys)
    yield from passing.items()


def safe_row(work: Work, path: Path) -> Row:
    """The row of one file, whatever the work does; an exception becomes an error that is not kept."""
    try:
        return work(path)
    except SegueError:
        raise
    except Exception as error:  # a bug or a lack of memory: this file fails, the pass goes on
        log.debug("%s", path, exc_info=True)
        return Row(error=f"{type(error).__name__}: {error}".splitlines()[0], passing=True)


def _rows(todo: list[tuple[str, Path]], work: Work, workers: int, engine: Engine) -> Rows:
    """The rows by key, as they come."""
    if not todo:
        return
    if engine == "ray":
        from segue.passes.ray import run_on_ray

        yield from run_on_ray(todo, work, workers)
    elif workers <= 1:
        yield from ((key, safe_row(work, path)) for key, path in todo)
    else:
        with closing(_spread(todo, work, min(workers, len(todo)))) as rows:
            yield from rows


class _Worker:
    """A process that turns one file at a time into a row; `key` is the file it has in hand.

    A pipe to each worker, not an executor: so a death tells exactly which file caused it and disturbs no
    other worker, and workers end by themselves when this process is killed.
    """

    def __init__(self, work: Work) -> None:
        # A forked copy of a process that runs torch's threads may hang in a lock that no thread of it will
        # open.
        context = get_context("spawn")
        self.channel, far = context.Pipe()
        self.key = ""
        self.process: BaseProcess = context.Process(target=_serve, args=(far, work), daemon=True)
        self.process.start()
        # Or this process would hold the worker's end open, and never learn of its death.
        far.close()

    def give(self, key: str, path: Path) -> None:
        """Hand it a file."""
        self.key = key
        try:
            self.channel.send(path)
        except OSError:
            log.debug("a worker died between two files")  # the next look at its pipe says so

    def end(self, *, at_once: bool = False) -> int | None:
        """Let it end, it has no file in hand or is dead; or end it `at_once`. Its exit code."""
        self.channel.close()
        if at_once:
            self.process.kill()
        self.process.join()
        return self.process.exitcode


def _serve(channel: Channel, work: Work) -> None:
    """What a worker does: say that it is there, then answer each path with its row."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    answer: Row | SegueError | None = None
    try:
        while True:
            channel.send(answer)
            path = channel.recv()
            try:
                answer = safe_row(work, path)
            except SegueError as error:
                answer = error
    except (EOFError, OSError):
        return  # the pass is over, or was killed


def _spread(todo: list[tuple[str, Path]], work: Work, workers: int) -> Rows:
    """The rows of worker processes, each with one file in hand; who dies is replaced."""
    left = iter(todo)
    pool = {worker.channel: worker for worker in [_Worker(work) for _ in range(workers)]}
    try:
        while pool:
            for ready in connection.wait(list(pool)):
                channel = cast(Channel, ready)
                worker = pool[channel]
                try:
                    answer = channel.recv()
                except (EOFError, OSError):
                    del pool[channel]
                    yield worker.key, _death(worker)
                    worker = _Worker(work)
                    pool[worker.channel] = worker
                    continue
                if isinstance(answer, SegueError):
                    raise answer
                if answer is not None:
                    yield worker.key, answer  # kept before the next file starts: a kill costs one a worker
                following = next(left, None)
                if following is None:
                    del pool[channel]
                    worker.end()
                else:
                    worker.give(*following)
    finally:  # what is left in the pool has a file in hand: the pass was stopped
        for worker in pool.values():
            worker.end(at_once=True)


def _death(worker: _Worker) -> Row:
    """The row of the file that a worker died of."""
    code = worker.end()
    if not worker.key:
        cure = 'try `workers=1`; a script needs `if __name__ == "__main__":`'
        raise SegueError(f"a worker process could not start (exit code {code})", cure=cure)
    names = {-number: number.name for number in signal.Signals}
    how = names.get(code or 0, f"exit code {code}")
    from_outside = code in (-signal.SIGTERM, -signal.SIGKILL)  # most often: out of memory
    return Row(error=f"the process that read it died ({how})", passing=from_outside)


def _shown(rows: Iterable[tuple[str, Row]], total: int, title: str) -> Iterator[tuple[str, Row]]:
    """The rows with a progress bar on stderr: files done, files a second, time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not title or not total) as bar:
        task = bar.add_task(title, total=total, rate="")
        start = time.monotonic()
        for n, item in enumerate(rows, 1):
            yield item
            bar.update(task, advance=1, rate=f"{n / (time.monotonic() - start):.1f} files/s")
