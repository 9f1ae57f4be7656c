"""`segue chat`: a conversation in the terminal."""

from __future__ import annotations

from rich.console import Console

from segue.errors import SegueError
from segue.models.collection import load
from segue.models.talkplay.model import TalkPlay
from segue.serving.chat import HELP, Conversation, parse_filter
from segue.workspace import Workspace


def run(workspace: Workspace, name: str | None = None) -> None:
    """Talk until the listener leaves.

    Raises:
        SegueError: no model is fitted.
    """
    console = Console(highlight=False)
    conversation = open_conversation(workspace, name)
    console.print(f"{len(conversation.catalogue):,} tracks, answered by {conversation.recommender.name}.")
    console.print("Ask for music in your own words; /help says what else there is.\n")
    while True:
        try:
            words = console.input("[bold]you:[/bold] ").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if words == "/quit":
            return
        if words:
            try:
                answer(conversation, words, console)
            except SegueError as error:
                console.print(str(error), markup=False)


def open_conversation(workspace: Workspace, name: str | None = None) -> Conversation:
    """A conversation with one model, or with the best that is fitted; TalkPlay speaks where it is there.

    Raises:
        SegueError: the model is not fitted, or none is.
    """
    has_talkplay = (workspace.model("talkplay") / "card.json").exists()
    if name is None:
        fitted = [n for n in ("hybrid", "talkplay", "bm25") if (workspace.model(n) / "card.json").exists()]
        if not fitted:
            raise SegueError(
                "no model is fitted yet", str(workspace.root), "run `segue train` and `segue fit`"
            )
        name = fitted[0]
    recommender = load(workspace, name)
    if isinstance(recommender, TalkPlay):
        return Conversation(recommender, recommender)
    speaker = load(workspace, "talkplay") if has_talkplay else None
    return Conversation(recommender, speaker if isinstance(speaker, TalkPlay) else None)


def answer(conversation: Conversation, words: str, console: Console) -> None:
    """Do what one line asks for: a command that starts with "/", or something said."""
    command, _, rest = words.partition(" ")
    if command == "/help":
        console.print(HELP, markup=False)
    elif command == "/list":
        for track_id in conversation.played:
            console.print("  " + line_of(conversation, track_id), markup=False)
    elif command == "/not":
        name = conversation.avoid(rest)
        console.print(f"No more {name}." if name else f"No artist called {rest!r} here.", markup=False)
    elif command == "/where":
        set_filter(conversation, rest, console)
    elif command in ("/no", "/more"):
        speak(
            conversation, "Not this one, something else." if command == "/no" else "More like this.", console
        )
    elif command.startswith("/"):
        console.print(f"No command {command}; /help lists them.", markup=False)
    else:
        speak(conversation, words, console)


def set_filter(conversation: Conversation, rest: str, console: Console) -> None:
    """Add a filter, or lift all of them where nothing is named."""
    column, _, value = rest.partition(" ")
    if not column:
        conversation.where = {}
        console.print("No filters.")
        return
    conversation.where |= parse_filter(column, value, conversation.catalogue)
    left = int(conversation.recommender.allowed(conversation.request()).sum())
    console.print(f"{left:,} tracks pass the filters {conversation.where}.", markup=False)


def speak(conversation: Conversation, words: str, console: Console) -> None:
    """Say something and print the track, then the sentence."""
    track_id, sentence = conversation.ask(words)
    if track_id is None:
        console.print("Nothing is left that passes the filters; lift some with /where.")
        return
    console.print("  ♪ " + line_of(conversation, track_id), markup=False, style="bold")
    for part in sentence:
        console.print("  " + part, markup=False, end="")
    console.print()


def line_of(conversation: Conversation, track_id: str) -> str:
    """A track in one line."""
    row = conversation.catalogue.tracks.row(conversation.catalogue.rows[track_id], named=True)
    more = ", ".join(str(row[c]) for c in ("album", "year") if row.get(c))
    return f"{row['title']} — {row['artist']}" + (f" ({more})" if more else "")
