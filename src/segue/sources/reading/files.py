"""The files of a folder, a zip, a tar or alone, opened one by one, unpacked, without what is no data."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar, cast

from segue.data.account import Account
from segue.kit.errors import SegueError

BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,  # encrypted
    NotImplementedError,  # packed in a way that Python does not know
)
"""What goes wrong while a packed file is read."""
_OPENERS: dict[bytes, Callable[..., object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
T = TypeVar("T")
PACKED = (".gz", ".bz2", ".xz")


def is_data(name: str) -> bool:
    """Whether a file's name is not that of a shadow (`._x`), a hidden file, or in such a folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return not any(part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in parts)


def stem(name: str) -> str:
    """The last part of a path, in small letters, without the ending of a packed file."""
    last = PurePosixPath(name.replace("\\", "/")).name.lower()
    return next((last.removesuffix(ending) for ending in PACKED if last.endswith(ending)), last)


def files(path: Path, wanted: Callable[[str], bool], account: Account) -> Iterator[tuple[str, IO[bytes]]]:
    """Every wanted file, open, with its name in the folder or archive, in order of the names.

    A file given alone is always wanted. One that is broken gives nothing, and the account says so.

    Args:
        path: a folder (searched with its subfolders), a zip, a tar or one file (both packed or not).
        wanted: says by its name whether a file in a folder or archive is read.

    Raises:
        SegueError: no such file or folder, or it is packed with zstandard.
    """
    if path.is_dir():
        names = sorted(f.relative_to(path).as_posix() for f in path.rglob("*") if f.is_file())
        for name in names:
            if is_data(name) and wanted(name):
                yield from _opened(name, lambda name=name: (path / name).open("rb"), account)  # type: ignore[misc]
    elif not path.is_file():
        raise SegueError("no such file or folder", str(path), "check the path")
    elif path.suffix == ".zst":
        raise SegueError(
            "packed with zstandard", str(path), "unpack it first (unzstd) and give what comes out"
        )
    elif zipfile.is_zipfile(path):
        yield from _zipped(path, wanted, account)
    elif _is_tar(path):
        yield from _tarred(path, wanted, account)
    else:
        yield from _opened(path.name, lambda: path.open("rb"), account)


def guarded(found: Iterator[T], where: str, account: Account) -> Iterator[T]:
    """What is found in a file, up to the place where it turns out to be broken, which the account says."""
    n = 0
    try:
        for value in found:
            n += 1
            yield value
    except BROKEN as error:
        reason = f"broken: {error or type(error).__name__}"
        if n:
            account.note(f"{where}: {reason}; what stands before that place is read")
        else:
            account.barren[where] = reason


def unpacked(stream: IO[bytes]) -> IO[bytes]:
    """The stream, unpacked where its first bytes say that it is packed."""
    head = stream.read(6)
    stream.seek(0)
    opener = next((o for mark, o in _OPENERS.items() if head.startswith(mark)), None)
    return cast(IO[bytes], opener(stream)) if opener else stream


def _opened(where: str, opener: Callable[[], IO[bytes]], account: Account) -> Iterator[tuple[str, IO[bytes]]]:
    """One file, closed when the next one is asked for."""
    try:
        with opener() as stream:
            yield where, unpacked(stream)
    except BROKEN as error:
        account.barren[where] = f"broken: {error or type(error).__name__}"


def _zipped(path: Path, wanted: Callable[[str], bool], account: Account) -> Iterator[tuple[str, IO[bytes]]]:
    """The wanted files of a zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(i.filename for i in archive.infolist() if not i.is_dir())
            for name in names:
                if is_data(name) and wanted(name):
                    yield from _opened(name, lambda name=name: archive.open(name), account)  # type: ignore[misc]
    except BROKEN as error:
        account.barren[path.name] = f"broken: {error}"


def _is_tar(path: Path) -> bool:
    """Whether a file is a tar, packed or not."""
    try:
        return tarfile.is_tarfile(path)
    except BROKEN:
        return False


def _tarred(path: Path, wanted: Callable[[str], bool], account: Account) -> Iterator[tuple[str, IO[bytes]]]:
    """The wanted files of a tar, in its order: nothing is written to the disk."""
    try:
        with tarfile.open(path) as tar:
            for entry in tar:
                if entry.isfile() and is_data(entry.name) and wanted(entry.name):
                    stream = tar.extractfile(entry)
                    if stream is not None:
                        yield from _opened(entry.name, lambda s=stream: s, account)  # type: ignore[misc]
    except BROKEN as error:
        account.barren[path.name] = f"broken: {error}"
