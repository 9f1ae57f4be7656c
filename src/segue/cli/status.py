"""The verb `status`: how every stage of a workspace stands."""

import logging
from pathlib import Path

from segue.cli.console import show
from segue.data import stages
from segue.kit.tables import aligned
from segue.kit.workspace import Workspace

logger = logging.getLogger(__name__)
UNITS = ("B", "kB", "MB", "GB", "TB")


def status(workspace: Path) -> None:
    """Say of each stage whether it is done, stale (and because of what), missing or unfinished."""
    target = Workspace(workspace, must_exist=True)
    rows = [["stage", "state", "because of", "made", "size"]]
    for found in stages.statuses(target):
        at = found.at.astimezone().strftime("%Y-%m-%d %H:%M") if found.at else ""
        rows.append([found.name, found.state, ", ".join(found.because), at, _size(found.size)])
    show(aligned(rows))


def tell_stale(workspace: Workspace, *names: str) -> None:
    """Warn, on stderr, of each of these stages that is stale."""
    for line in stages.stale(workspace, *names):
        logger.warning(line)


def _size(n: float) -> str:
    """Bytes in the unit in which they are between 1 and 1,000."""
    for unit in UNITS:
        if n < 1000 or unit == UNITS[-1]:
            break
        n /= 1000
    return f"{n:.0f} {unit}" if n else ""
