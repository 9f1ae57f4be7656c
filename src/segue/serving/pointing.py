"""Answers to what is pointed at and not said: start with this track, more like this one."""

from dataclasses import replace

from segue.serving.chat import Conversation
from segue.serving.errors import NotHereError
from segue.understanding.state import DialogueState, Wish


def row_of(talk: Conversation, track_id: str) -> int:
    """The row of a track; raises `NotHereError` where the catalogue has none of this id."""
    row = talk.catalogue.rows.get(track_id)
    if row is None:
        raise NotHereError(f"no track {track_id[:60]!r}", "", "tracks are listed at /v1/tracks")
    return row


def start(track_id: str, talk: Conversation) -> tuple[str, DialogueState]:
    """The words and the state of "play this track"."""
    name = _name(talk, track_id)
    state = _next(talk, f"Play {name}")
    title = str(talk.catalogue.tracks["title"][row_of(talk, track_id)])
    wish = Wish("track", title, "required", (track_id,), turn=state.turn, now=True)
    kept = tuple(w for w in state.wishes if w.refused)
    return state.said, replace(state, act="recommend", wishes=(*kept, wish), count=1)


def like(track_id: str, talk: Conversation) -> tuple[str, DialogueState]:
    """The words and the state of "more like this track"; wishes hold, except those for names."""
    name = _name(talk, track_id)
    state = _next(talk, f"More like {name}")
    kept = tuple(w for w in state.wishes if w.refused or w.kind not in ("artist", "album", "title", "track"))
    return state.said, replace(state, act="more", wishes=kept, like=(track_id,), count=1)


def understood(
    talk: Conversation, words: str, start_id: str | None, like_id: str | None
) -> tuple[str, DialogueState]:
    """The words of a message and how they are understood; nothing is kept."""
    if words.strip() or not (start_id or like_id):
        state = talk.hear(words)
        if like_id and state.asks_music:
            row_of(talk, like_id)
            state = replace(state, like=(like_id,))
        return words, state
    return start(start_id, talk) if start_id else like(like_id or "", talk)


def _next(talk: Conversation, words: str) -> DialogueState:
    """The state before, a turn later, with what holds and without what was of that turn alone."""
    before = talk.state
    wishes = tuple(w for w in before.wishes if not w.now)
    return DialogueState(wishes=wishes, turn=before.turn + 1, reader=before.reader, said=words)


def _name(talk: Conversation, track_id: str) -> str:
    row, tracks = row_of(talk, track_id), talk.catalogue.tracks
    artist = tracks["artist"][row]
    return f"“{tracks['title'][row] or track_id}”" + (f" by {artist}" if artist else "")
