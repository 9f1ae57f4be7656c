"""`segue chat`: a conversation in the terminal."""

import sys
from typing import Any

from rich.console import Console

from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.serving.answer import line_of
from segue.serving.chat import Conversation
from segue.serving.filters import parse_filter
from segue.serving.opening import open_conversation
from segue.serving.settings import Answering

HELP = """Say what you want to hear. Or:
  /no                    not this one: something else for the same wish
  /more                  keep going
  /why                   how the last thing was understood, and what each track meets
  /forget WISH           take back a wish or a refusal; without one, all of them
  /not NAME              never play this artist here
  /where COLUMN VALUE    only tracks with this value: year 1980-1989, tags jazz, artist Queen
  /where                 lift the filters
  /list                  what was played
  /quit                  end (or Ctrl-D)"""
LEAVE = ("/quit", "/exit", "/q", "quit", "exit", "bye")
SAID = {"/no": "Not this one, something else.", "/more": "More like this."}


def run(workspace: Workspace, told: Answering, listener: str | None = None) -> None:
    """Talk until the listener leaves, or until the end of what is piped in."""
    console = Console(highlight=False)
    with Console(stderr=True).status("loading the model"):
        conversation = open_conversation(workspace, told.model, told.reader, told.reader_model, listener)
    if conversation.listener is not None:
        plays = len(conversation.listener.rows)
        console.print(f"You are {listener}, with {plays:,} plays.", markup=False)
    console.print(f"{len(conversation.catalogue):,} tracks, answered by {conversation.recommender.name}.")
    console.print("Ask for music in your own words; /help says what else there is.\n")
    while True:
        try:
            words = listen(console)
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if words.casefold() in LEAVE:
            return
        if words:
            try:
                answer(conversation, words, console)
            except SegueError as error:
                show(console, str(error))
            except KeyboardInterrupt:
                console.print("\n(stopped; /quit ends)")


def listen(console: Console) -> str:
    """The next line that the listener types; one that is piped in is shown, as if it had been typed."""
    words = console.input("[bold]you:[/bold] ").strip()
    if not sys.stdin.isatty():
        show(console, words)
    return words


def answer(conversation: Conversation, words: str, console: Console) -> None:
    """Do what one line asks for: a command that starts with "/", or something said."""
    command, _, rest = words.partition(" ")
    command, rest = command.casefold(), rest.strip()
    if command == "/help":
        show(console, HELP)
    elif command == "/list":
        known = conversation.catalogue
        played = (known.tracks.row(known.rows[i], named=True) for i in conversation.played)
        lines = ["  " + line_of(row) for row in played]
        show(console, "\n".join(lines) or "Nothing was played yet.")
    elif command == "/why":
        show(console, conversation.last.why if conversation.last else "Nothing was said yet.")
    elif command == "/forget":
        gone = conversation.forget(rest)
        show(console, f"Forgotten: {', '.join(map(str, gone))}." if gone else "No such wish.")
    elif command == "/not":
        avoid(conversation, rest, console)
    elif command == "/where":
        set_filter(conversation, rest, console)
    elif command in SAID:
        speak(conversation, SAID[command], console)
    elif command.startswith("/"):
        show(console, f"No command {command}; /help lists them.")
    else:
        speak(conversation, words, console)


def avoid(conversation: Conversation, artist: str, console: Console) -> None:
    """Exclude an artist, the last one that played where none is named."""
    if not artist and conversation.played:
        row = conversation.catalogue.rows[conversation.played[-1]]
        artist = conversation.catalogue.tracks["artist"][row]
    if not artist:
        show(console, "Write the artist behind it: /not NAME")
        return
    name = conversation.avoid(artist)
    show(console, f"No more {name}." if name else f"No artist called {artist!r} here.")


def set_filter(conversation: Conversation, rest: str, console: Console) -> None:
    """Add a filter, or lift all of them where nothing is named."""
    column, _, value = rest.partition(" ")
    if not column:
        conversation.where = {}
        show(console, "No filters.")
        return
    wanted = parse_filter(column.casefold(), value.strip(), conversation.catalogue)
    left = conversation.filter_by(wanted)
    if left:
        show(console, f"{left:,} track{'s' if left > 1 else ''} left with {in_words(conversation.where)}.")
    else:
        both = in_words(conversation.where | wanted)
        show(console, f"No track is left with {both}; this filter is not set.")


def in_words(where: dict[str, Any]) -> str:
    """Filters as a listener would write them."""
    parts = []
    for column, value in where.items():
        is_range = isinstance(value, dict)
        shown = f"{value['min']}–{value['max']}" if is_range else f"{value:g}" if _plain(value) else value
        parts.append(f"{column} {shown}")
    return ", ".join(parts)


def _plain(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def speak(conversation: Conversation, words: str, console: Console) -> None:
    """Say something and print the tracks, then the sentence."""
    before = set(conversation.avoided)
    answer = conversation.ask(words)
    for name in dict.fromkeys(n for n in conversation.avoided if n not in before):
        show(console, f"  (no more {name})")
    for played in answer.tracks:
        show(console, "  ♪ " + line_of(played.row), style="bold")
    cure = ""
    if not answer.tracks and answer.state.asks_music:
        cure = " Lift the filters with /where." if conversation.where else " /forget takes wishes back."
    show(console, "  " + answer.sentence + cure)
    if answer.state.note:
        show(console, f"  ({answer.state.note})", style="dim")


def show(console: Console, text: str, style: str | None = None) -> None:
    """Print text as it is: brackets are no markup, and lines are not broken."""
    console.print(text, markup=False, style=style, soft_wrap=True)
