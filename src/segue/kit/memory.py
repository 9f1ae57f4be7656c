"""How much memory the process took at most since it was last asked to count anew."""

import contextlib
import resource
import sys
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak() -> None:
    """Begin to count the peak anew, where the system can (Linux); else it is that of the whole process."""
    with contextlib.suppress(OSError):
        # 5 resets the high-water mark of the resident set (proc(5), clear_refs).
        RESET.write_text("5")


def peak_mb() -> float:
    """The peak of the resident memory in MB (10^6 bytes)."""
    try:
        line = next(x for x in STATUS.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    except (OSError, StopIteration):
        # `ru_maxrss` is in bytes on macOS and in kilobytes elsewhere.
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
