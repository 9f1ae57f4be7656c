"""The command `segue`: one verb a stage."""

import signal
import sys
import threading
from types import FrameType


def main() -> None:
    """Run the command line; Ctrl-C and SIGTERM end it in one line, even while the modules load."""
    code = 130

    def terminated(signum: int, frame: FrameType | None) -> None:
        nonlocal code
        code = 128 + signum
        raise KeyboardInterrupt

    # Only the main thread may; in another somebody else sees to signals.
    ours = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        # What `kill` and a container's end send: work ends where it is whole, as after Ctrl-C.
        if ours:
            signal.signal(signal.SIGTERM, terminated)
        from segue.cli.app import run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("segue: stopped; the same command goes on where it stopped\n")
        sys.exit(code)
    finally:
        if ours:
            signal.signal(signal.SIGTERM, before)
