"""The pass on Ray Data: the same rows from the processors of one machine or of many."""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from safetensors.numpy import load, save

from segue.kit.errors import SegueError
from segue.passes.local import Row, Work, safe_row

if TYPE_CHECKING:
    from ray.data import Dataset

Rows = Generator[tuple[str, Row], None, None]

SLAB = 4_096
"""Files handed to Ray at a time: what waits there does not grow with the library."""
TRIES = 2
"""How often a file is begun whose worker dies over it."""
STORE_BYTES = 256 << 20
"""Ray's shared memory where we start Ray ourselves: rows are small."""


def run_on_ray(
    todo: Iterable[tuple[str, Path]], work: Work, workers: int, threads: int = 1
) -> Iterator[tuple[str, Row]]:
    """The row of every file, in the order in which they are finished.

    A Ray that is already connected is used; else the cluster at the address in the environment variable
    RAY_ADDRESS; else one started for this pass on this machine, and stopped after it. Every worker opens the
    files by the same absolute paths.

    Args:
        todo: key and file; read a slab at a time.
        work: what is done to each; every worker process is sent it once. One with a `device` that begins
            with "cuda" takes a whole GPU a worker.
        threads: torch threads, and processor cores, of each; work with more `threads` takes more cores.

    Yields:
        Key and row. A file that killed its worker every time it was tried has a row with a passing error:
        Ray cannot tell it from a machine that went away.

    Raises:
        SegueError: Ray is missing or cannot be reached, or the work itself cannot be done (a library or a
            model is missing on a worker).
    """
    files = iter(todo)
    slab = list(islice(files, SLAB))
    if not slab:
        return
    with _connected(workers * _cores(work, threads)):
        while slab:
            with closing(_run_slab(slab, work, min(workers, len(slab)), threads)) as rows:
                yield from rows
            slab = list(islice(files, SLAB))


def _run_slab(slab: list[tuple[str, Path]], work: Work, workers: int, threads: int) -> Rows:
    """The rows of some files."""
    import ray

    lost = dict(slab)
    try:
        for sent in _dataset(slab, work, workers, threads).iter_rows():
            if sent["refused"]:
                raise SegueError(*json.loads(sent["refused"]))
            if lost.pop(sent["key"], None) is not None:
                yield sent["key"], _unpacked(sent)
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise SegueError(f"Ray stopped ({reason})", cure="run the same command again: it goes on") from error
    for key in lost:
        yield key, Row(error=f"the process that read it died {TRIES} times", passing=True)


def _dataset(slab: list[tuple[str, Path]], work: Work, workers: int, threads: int) -> Dataset:
    """What Ray is to do; every file is a block of its own, so a process that dies takes one with it."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    settings = DataContext.get_current().copy()
    settings.enable_progress_bars = False
    settings.print_on_execution_start = False
    # A file that kills its worker must not end the pass.
    settings.max_errored_blocks = -1
    # A name of a file need not be text, and Ray's tables hold text or bytes.
    items = [{"key": key, "path": os.fsencode(path.absolute())} for key, path in slab]
    pool = ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1)
    on_gpu = str(getattr(work, "device", "")).startswith("cuda")
    with DataContext.current(settings), warnings.catch_warnings():
        # Ray 2.64 will want the two limits said in another way; without them it tries for ever.
        warnings.filterwarnings("ignore", message="`ray_remote_args` is deprecated")
        return ray.data.from_items(items, override_num_blocks=len(items)).map(
            cast(Any, Worker),
            compute=pool,
            fn_constructor_args=(work, threads),
            num_cpus=_cores(work, threads),
            num_gpus=1 if on_gpu else None,
            max_restarts=-1,
            max_task_retries=TRIES - 1,
        )


class Worker:
    """What runs in a process of Ray: it keeps the work, and with it the model, from file to file."""

    def __init__(self, work: Work, threads: int) -> None:
        torch.set_num_threads(threads)
        self.work = work

    def __call__(self, sent: dict[str, Any]) -> dict[str, Any]:
        """One file in, one row out, as text and bytes: key, arrays, rest, refused."""
        row, refused = Row(), ""
        try:
            row = safe_row(self.work, Path(os.fsdecode(sent["path"])))
        except SegueError as error:  # not the file's fault: the pass stops, and says so
            refused = json.dumps([error.what, error.where, error.cure])
        arrays = save(row.arrays) if row.arrays else b""
        rest = json.dumps([row.facts, row.error, row.passing])
        return {"key": sent["key"], "arrays": arrays, "rest": rest, "refused": refused}


def _cores(work: Work, threads: int) -> int:
    """Processor cores of a worker."""
    return max(threads, int(getattr(work, "threads", 1)))


def _unpacked(sent: dict[str, Any]) -> Row:
    """The row that a worker sent."""
    arrays = load(sent["arrays"]) if sent["arrays"] else {}
    return Row(arrays, *json.loads(sent["rest"]))


@contextmanager
def _connected(cores: int) -> Iterator[None]:
    """A connection to Ray, ended if it was made here."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when Ray is imported; nothing phones home
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise SegueError(f"Ray is not installed ({error})", cure="pip install 'segue[scale]'") from None
    if ray.is_initialized():
        yield
        return
    address = os.environ.get("RAY_ADDRESS")
    try:
        ray.init(
            address or "local",
            num_cpus=None if address else cores,
            object_store_memory=None if address else STORE_BYTES,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        cure = "is Ray running there, and RAY_AUTH_MODE set as it is there? without RAY_ADDRESS it runs here"
        raise SegueError(f"cannot connect to Ray ({reason})", address or "", cure) from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # lost files are reported by us, one line each
    try:
        yield
    finally:
        ray.shutdown()
