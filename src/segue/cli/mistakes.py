"""What was typed wrong, in one line that says what, where and what to do."""

import difflib
import inspect
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App, CycloptsError, MissingArgumentError, UnknownCommandError, UnusedCliTokensError
from pydantic import ValidationError

CURE = "`segue --help` and `segue VERB --help` list what there is"


def told(error: CycloptsError, app: App) -> str:
    """One line about a command that cannot be understood."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        first = cause.errors()[0]
        said = first["msg"].removeprefix("Value error, ").lower()
        flag = "-".join(str(part) for part in first["loc"]).replace("_", "-")
        # What several flags are together has no place of its own.
        return f"--{flag} {first['input']!r}: {said}; {CURE}" if flag else f"{said}; {CURE}"
    if isinstance(error, UnusedCliTokensError):
        return _too_many(error, app)
    verb = " ".join(["segue", *(error.command_chain or ())])
    if isinstance(error, UnknownCommandError) and error.unused_tokens:
        told = _no_such(error.unused_tokens[0], verb, _commands(app, error.command_chain or ()))
        return f"{told}; `{verb} --help` says what each does"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.argument.name
        if error.argument.field_info.kind is inspect.Parameter.KEYWORD_ONLY:
            return f"`{verb}` needs a value for {name}; see `{verb} --help`"
        return f"`{verb}` needs {name.lstrip('-').upper()}; see `{verb} --help`"
    return f"{str(error).rstrip('.')}; {CURE}"


def _too_many(error: UnusedCliTokensError, app: App) -> str:
    """A word too many: often the word before it was meant as a command, which there is not."""
    chain, given = list(error.command_chain or ()), list(error.root_input_tokens or ())
    commands = _commands(app, chain)
    verb = " ".join(["segue", *chain])
    word = given[len(chain)]
    if commands and ("/" in word or Path(word).is_dir()):
        return f"{word!r} comes last: `{verb} NAME {word}`; the names: {', '.join(commands)}"
    if commands and not word.startswith("-"):
        return _no_such(word, verb, commands)
    more = " ".join(error.unused_tokens or ())
    return f"{more!r} is more than `{verb}` takes; `{verb} --help` says what it does"


def _commands(app: App, chain: Sequence[str]) -> list[str]:
    """The commands below a chain of them."""
    for name in chain:
        app = app[name]
    # Names with underscores are other spellings of those with hyphens.
    return [name for name in app if not name.startswith("-") and "_" not in name]


def _no_such(word: str, verb: str, commands: list[str]) -> str:
    """A word that is no command of a verb, with the one that is near and all that there are."""
    near = difflib.get_close_matches(word.lower().replace("_", "-"), commands, 1, 0.5)
    cure = f"did you mean {near[0]!r}? There are" if near else "there are"
    return f"no {word!r} in `{verb}`; {cure}: {', '.join(commands)}"
