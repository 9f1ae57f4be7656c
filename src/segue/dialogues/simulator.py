"""One simulated dialogue: which request is made for the next track, when a track is rejected, who speaks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from segue.data import descriptions
from segue.data.catalogue import Catalogue, Dialogue, Split, Turn
from segue.dialogues.facts import Dice, Facts, Tag, facts_of, has_time
from segue.dialogues.wording import REACTION_FIRST, Kind, answer, as_typed, rejection, request, say

# How often each kind of request is made; kinds whose facts are not known are left out. Names and tags lead a
# dialogue; later on, half of the turns say nothing but where to go from here, as people do.
FIRST: dict[Kind, float] = {
    "title": 0.12,
    "title_artist": 0.15,
    "artist": 0.18,
    "tags": 0.25,
    "wish": 0.18,
    "time": 0.08,
    "album": 0.04,
}
LATER: dict[Kind, float] = {
    "similar": 0.25,
    "reaction": 0.13,
    "artist": 0.15,
    "tags": 0.19,
    "direction": 0.12,
    "title": 0.05,
    "title_artist": 0.05,
    "time": 0.04,
    "album": 0.02,
}
AFTER_REJECTION: dict[Kind, float] = {
    "tags": 0.45,
    "artist": 0.25,
    "title_artist": 0.1,
    "title": 0.07,
    "time": 0.08,
    "album": 0.05,
}
REJECTION = 0.15
PREFIX = descriptions.SIMULATED


class Simulator:
    """Simulates dialogues over one catalogue, whose facts it reads once; counts what it did in `tally`.

    Args:
        catalogue: the tracks.
        seed: with a playlist's id and a copy number, all that a dialogue depends on.
    """

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        wanted = ("track_id", "title", "artist", "album", "year", "tags")
        table = catalogue.tracks.select([c for c in wanted if c in catalogue.tracks.columns])
        self.facts = {row["track_id"]: facts_of(row) for row in table.iter_rows(named=True)}
        self.seed = seed
        self.tally: Counter[str] = Counter()
        self.by_artist: dict[str, list[Facts]] = defaultdict(list)
        self.by_tag: dict[str, list[Facts]] = defaultdict(list)
        for track in self.facts.values():
            if track.artist:
                self.by_artist[track.artist.casefold()].append(track)
            for name in track.names:
                self.by_tag[name].append(track)

    def dialogue(
        self, playlist_id: str, track_ids: Sequence[str], copy: int, max_turns: int, split: Split
    ) -> Dialogue | None:
        """A dialogue that plays a run of the playlist in its order, or None where none of it is known."""
        dice = Dice(self.seed, playlist_id, copy)
        playlist = [self.facts[i] for i in dict.fromkeys(track_ids) if i in self.facts]
        if not playlist:
            return None
        half = (len(playlist) + 1) // 2
        n = min(max_turns, half + int(dice.random() * (len(playlist) - half + 1)))
        start = int(dice.random() * (len(playlist) - n + 1))
        used = {track.track_id for track in playlist}
        turns: list[Turn] = []
        previous: Facts | None = None
        for target in playlist[start : start + n]:
            negative = self._negative(playlist, target, used, dice) if dice.chance(REJECTION) else None
            if negative is None:
                turns += self._accepted(target, previous, dice)
            else:
                used.add(negative.track_id)
                turns += self._rejected(target, negative, previous, dice)
            previous = target
        return Dialogue(f"{PREFIX}{playlist_id}-{copy}", tuple(turns), split)

    def single(self, track_id: str, copy: int) -> Dialogue:
        """A training dialogue of one request for one track."""
        dice = Dice(self.seed, "track", track_id, copy)
        turns = self._accepted(self.facts[track_id], None, dice)
        return Dialogue(f"{PREFIX}track-{track_id}-{copy}", tuple(turns), "train")

    def _accepted(self, target: Facts, previous: Facts | None, dice: Dice) -> list[Turn]:
        """A request and the track that meets it."""
        kind = choose(FIRST if previous is None else LATER, target, previous, dice)
        avoid = previous.names if previous and kind == "direction" else frozenset[str]()
        said = [request(kind, target, previous, dice, avoid=avoid)]
        if previous and kind not in ("reaction", "direction") and dice.chance(REACTION_FIRST):
            said.insert(0, say("praise", dice))
        self.tally[f"request {kind}"] += 1
        glad = kind == "reaction" or len(said) > 1
        reply = answer(target, "glad" if glad else "same" if kind == "similar" else "yes", dice)
        return _exchange(said, (target, previous), target, reply, dice)

    def _rejected(self, target: Facts, negative: Facts, previous: Facts | None, dice: Dice) -> list[Turn]:
        """A request that the negative may well answer, its rejection with a clearer wish, and the target."""
        common = shared(target, negative)
        loose = choose(FIRST if previous is None else LATER, common, previous, dice)
        first = [request(loose, common, previous, dice)]
        again = choose(AFTER_REJECTION, target, previous, dice)
        second = [
            rejection(negative, target, dice),
            request(again, target, previous, dice, avoid=negative.names),
        ]
        self.tally.update((f"request {loose}", f"request {again}", "rejections"))
        known = (target, negative, previous)
        turns = _exchange(first, known, negative, answer(negative, "yes", dice), dice, liked=False)
        return turns + _exchange(second, known, target, answer(target, "sorry", dice), dice)

    def _negative(self, playlist: Sequence[Facts], target: Facts, used: set[str], dice: Dice) -> Facts | None:
        """An unused track by an artist of the playlist, else one with a tag of the target, or None."""
        artists = dict.fromkeys(t.artist.casefold() for t in playlist)
        outside = [t for a in artists for t in self.by_artist.get(a, ()) if t.track_id not in used]
        tags = [t for t in target.tags if t.kind != "decade"]
        if not outside and tags:
            alike = self.by_tag[dice.pick(tags).name]
            tried = [dice.pick(alike) for _ in range(8)]
            outside = [t for t in tried if t.track_id not in used]
        return dice.pick(outside) if outside else None


def choose(weights: dict[Kind, float], target: Facts, previous: Facts | None, dice: Dice) -> Kind:
    """A kind of request whose facts are known; an open wish where nothing is known."""
    possible = {kind: w for kind, w in weights.items() if can_ask(kind, target, previous)}
    return dice.weighted(possible) if possible else "wish"


def can_ask(kind: Kind, target: Facts, previous: Facts | None) -> bool:
    """Whether the facts that a kind of request needs are known."""
    match kind:
        case "similar" | "reaction":
            return previous is not None
        case "tags" | "wish":
            return bool(target.urn)
        case "artist":
            return bool(target.artist)
        case "title":
            return bool(target.title)
        case "title_artist":
            return bool(target.title and target.artist)
        case "album":
            return bool(target.album and target.artist)
        case "time":
            return has_time(target)
        case "direction":
            return previous is not None and any(t.name not in previous.names for t in target.urn)


def shared(target: Facts, negative: Facts) -> Facts:
    """The facts of the target that hold for the negative too: what a loose request may mention."""
    common = target.names & negative.names
    tags = [t for t in target.tags if t.name in common]
    if target.year and negative.year and target.year // 10 == negative.year // 10:
        tags.append(Tag(f"{target.year // 10 * 10}s", "decade", f"the {target.year // 10 * 10}s"))
    return replace(
        target,
        title="",
        album=None,
        artist=target.artist if target.artist.casefold() == negative.artist.casefold() else "",
        year=None,
        tags=tuple(tags),
        names=common,
        urn=tuple(t for t in target.urn if t.name in common),
    )


def _exchange(
    said: list[str],
    spoken_of: tuple[Facts | None, ...],
    played: Facts,
    reply: str,
    dice: Dice,
    *,
    liked: bool = True,
) -> list[Turn]:
    """The listener's words, the track, and then the assistant's sentence. Source: TalkPlay 2.3."""
    text = as_typed(said, tuple(f for f in spoken_of if f is not None), dice)
    return [Turn("user", text), Turn("music", played.track_id, liked), Turn("assistant", reply)]
