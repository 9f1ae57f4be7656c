"""A workspace: the directory where each stage leaves a plain artefact that the next finds by name.

Everything is written whole or not at all: into a hidden sibling first, then renamed into place.
"""

import errno
import glob
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segue.kit.errors import SegueError

LEFT_S = 86_400
"""Seconds after which a directory that nobody finished is taken away."""


class Workspace:
    """The paths of one workspace; makes nothing until something is written.

    Args:
        must_exist: raise `SegueError` where the directory holds no catalogue yet.

    Attributes:
        catalogue: the folder of the four tables.
        listening: the one of sessions, completion ratios and splits.
        descriptions: the one of what segue found out in words.
        tokens: the one of codebooks and codes.
    """

    def __init__(self, root: str | Path, *, must_exist: bool = False) -> None:
        self.root = Path(root)
        self.catalogue = self.root / "catalogue"
        self.listening = self.root / "listening"
        self.descriptions = self.root / "descriptions"
        self.tokens = self.root / "tokens"
        if must_exist and not (self.catalogue / "tracks.parquet").exists():
            raise SegueError(
                "no catalogue here", str(self.root), "run `segue import SOURCE FROM WORKSPACE` first"
            )

    def feature(self, modality: str) -> Path:
        """The folder of one modality's feature."""
        return self.root / "features" / modality

    def model(self, name: str) -> Path:
        """The folder of one trained recommender."""
        return self.root / "models" / name

    def training(self, name: str) -> Path:
        """The folder where an interrupted training of a model goes on."""
        return self.root / "models" / f".{name}-training"

    def report(self, name: str) -> Path:
        """The folder of one report."""
        return self.root / "reports" / name


@contextmanager
def whole_directory(target: Path) -> Iterator[Path]:
    """A temporary sibling of `target` that takes its place when the block ends without error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{glob.escape(target.name)}.????????"):
        # What was killed could not tidy up; a younger one may be being written.
        if left.is_dir() and time.time() - left.stat().st_mtime > LEFT_S:
            shutil.rmtree(left, ignore_errors=True)
    temporary = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}"
    temporary.mkdir()
    try:
        with _told_when_full(target):
            yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    old = target.parent / f".{target.name}.old-{uuid.uuid4().hex[:8]}"
    try:
        if target.exists():
            os.replace(target, old)
        os.replace(temporary, target)
    except BaseException:
        if old.exists() and not target.exists():
            os.replace(old, target)
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    # Only now: between the two renames nothing stands at the target, and `restore` brings this back.
    shutil.rmtree(old, ignore_errors=True)


def restore(target: Path) -> None:
    """Put a directory back whose replacement was killed between its two renames."""
    if not target.exists() and target.parent.exists():
        old = max(target.parent.glob(f".{target.name}.old-*"), key=lambda p: p.stat().st_mtime, default=None)
        if old is not None:
            os.replace(old, target)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A temporary sibling path of `target` that takes its place when the block ends without error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}"
    try:
        with _told_when_full(target):
            yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _told_when_full(target: Path) -> Iterator[None]:
    """Turns the many ways in which libraries say that the disk is full into the user's one line."""
    try:
        yield
    except Exception as error:
        # By its words: safetensors, Arrow and SQLite wrap the errno in exceptions of their own.
        if os.strerror(errno.ENOSPC) not in str(error):
            raise
        cure = "free some and run the same command again; what was there before is unchanged"
        raise SegueError("no space left on the disk", str(target), cure) from None


def write_json(target: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    with whole_file(target) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


def read_json(path: Path) -> Any:
    """What `write_json` wrote."""
    return json.loads(path.read_text("utf-8"))


def read_card(directory: Path, stage: str) -> dict[str, Any]:
    """The card of an artefact directory; `stage` is the verb that makes it, named in the error.

    Raises:
        SegueError: no card there (the stage did not run or did not finish), or it is not JSON.
    """
    path = directory / "card.json"
    try:
        card = read_json(path)
    except FileNotFoundError:
        raise SegueError("not made yet, or not finished", str(directory), f"run `segue {stage}`") from None
    except json.JSONDecodeError:
        raise SegueError("not valid JSON", str(path), f"delete the folder and run `segue {stage}`") from None
    if not isinstance(card, dict):
        raise SegueError("not a JSON object", str(path), f"delete the folder and run `segue {stage}`")
    return card


def hash_of(*parts: object) -> str:
    """A 16-digit hash of values and file contents: a `Path` counts by what is in the file."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        if isinstance(part, Path):
            with part.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        else:
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
        # Between the parts, or the end of one file could pass for the beginning of the next.
        digest.update(b"\x00")
    return digest.hexdigest()


def stable_fraction(text: str, seed: int = 0) -> float:
    """A number in [0, 1) that depends on the text and the seed alone, on every machine."""
    digest = hashlib.blake2b(f"{seed}:{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
