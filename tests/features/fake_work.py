"""A work that is quick to start, for the tests of the pass; run as a script, a pass to be killed."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.kit.errors import SegueError
from segue.passes.local import Row, Work, content_keys, go_through, rows_of


@dataclass(frozen=True)
class Fake:
    """Does what the file says; every start of a file is a line in the log."""

    log: str = os.devnull
    delay: float = 0.0
    name: str = "fake"

    @property
    def identity(self) -> str:
        return self.name

    def __call__(self, path: Path) -> Row:
        with open(self.log, "a") as file:
            file.write(f"{path.name} {os.getpid()}\n")
        time.sleep(self.delay)
        text = path.read_text()
        match text.split()[0]:
            case "exit":
                os._exit(7)
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "raise":
                raise ValueError("a bug\nof two lines")
            case "no-library":
                raise SegueError("no library", cure="install it")
            case "broken":
                return Row(error="broken")
            case "gone":
                return Row(error="gone", passing=True)
        vector = np.random.default_rng(len(text)).random(8, dtype=np.float32)
        return Row({"vector": vector}, {"text": text, "n": len(text)})


def run(journal: Path, files: dict[str, Path], work: Work, **how) -> dict[str, Row]:
    """The row of every file after a pass, in the files' order."""
    outcome = go_through(journal, files, work, **how)
    found = dict(rows_of(journal, work, files, outcome.passing))
    return {key: found[key] for key in files}


def main(folder: str, journal: str, log: str, workers: str, delay: str) -> None:
    paths = sorted(Path(folder).iterdir())
    files = {key: path for path, key in content_keys(paths, Path(journal)).items()}
    run(Path(journal), files, Fake(log, float(delay)), workers=int(workers))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    from fake_work import main as importable  # so that workers find the class by its module

    importable(*sys.argv[1:])
