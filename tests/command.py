"""The command line, called in the process of the test."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import NamedTuple

from segue import cli


class Result(NamedTuple):
    """What one call of the command left behind."""

    code: int
    out: str
    err: str


def segue(*arguments: object, stdin: str = "") -> Result:
    """Run the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    saved = sys.argv, sys.stdin
    sys.argv, sys.stdin, code = ["segue", *map(str, arguments)], io.StringIO(stdin), 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    finally:
        sys.argv, sys.stdin = saved
    return Result(code, out.getvalue(), err.getvalue())


def works(*arguments: object, stdin: str = "") -> str:
    """Run the command, which must succeed; returns what it printed."""
    result = segue(*arguments, stdin=stdin)
    assert result.code == 0, result
    return result.out


def refused(*arguments: object) -> str:
    """Run the command, which must refuse in one line; returns the line."""
    result = segue(*arguments)
    assert result.code == 2, result
    assert result.err.startswith("segue: ")
    assert result.err.endswith("\n")
    assert result.err.count("\n") == 1, result.err
    assert "Traceback" not in result.err
    return result.err
