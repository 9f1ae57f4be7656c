"""One simulated dialogue: which request is made for the next track, when a track is rejected, who speaks."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from segue.data import descriptions
from segue.data.catalogue import Catalogue, Dialogue, Split, Turn
from segue.dialogues.facts import WORDS, Dice, Facts, Tag, facts_of, has_time
from segue.dialogues.references import comparisons, other_artists, refusable
from segue.dialogues.wording import REACTION_FIRST, Kind, answer, as_typed, rejection, request, say

WEIGHTS: dict[str, dict[str, dict[Kind, float]]] = WORDS["requests"]
"""How often each kind of request is made: as people do, and plainly, as in validation and test."""
UNSURE: frozenset[Kind] = frozenset(("without", "no_artist", "comparison", "another", "someone_else"))
"""Kinds that say what a track is not: not to be said of two tracks of which only what they share is told."""
REJECTION = 0.15
PREFIX = descriptions.SIMULATED


class Simulator:
    """Simulates dialogues over one catalogue, whose facts it reads once; counts what it did in `tally`.

    Args:
        seed: with a playlist's id and a copy number, all that a dialogue depends on.
    """

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        wanted = ("track_id", "title", "artist", "album", "year", "tags")
        table = catalogue.tracks.select([c for c in wanted if c in catalogue.tracks.columns])
        self.facts = {row["track_id"]: facts_of(row) for row in table.iter_rows(named=True)}
        self.seed = seed
        self.tally: Counter[str] = Counter()
        self.weights = WEIGHTS["people"]
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
                turns += self._accepted(target, previous, dice, playlist)
            else:
                used.add(negative.track_id)
                turns += self._rejected(target, negative, previous, dice, playlist)
            previous = target
        return Dialogue(f"{PREFIX}{playlist_id}-{copy}", tuple(turns), split)

    def single(self, track_id: str, copy: int) -> Dialogue:
        """A training dialogue of one request for one track."""
        dice = Dice(self.seed, "track", track_id, copy)
        turns = self._accepted(self.facts[track_id], None, dice)
        return Dialogue(f"{PREFIX}track-{track_id}-{copy}", tuple(turns), "train")

    def _weights(self, previous: Facts | None) -> dict[Kind, float]:
        """How often each kind of request is made now."""
        return self.weights["first" if previous is None else "later"]

    def _accepted(
        self, target: Facts, previous: Facts | None, dice: Dice, others: Sequence[Facts] = ()
    ) -> list[Turn]:
        """A request and the track that meets it."""
        kind = choose(self._weights(previous), target, previous, dice, others)
        avoid = previous.names if previous and kind == "direction" else frozenset[str]()
        said = [request(kind, target, previous, dice, avoid=avoid, others=others)]
        if previous and kind not in ("reaction", "direction") and dice.chance(REACTION_FIRST):
            said.insert(0, say("praise", dice))
        self.tally[f"request {kind}"] += 1
        glad = kind == "reaction" or len(said) > 1
        reply = answer(target, "glad" if glad else "same" if kind == "similar" else "yes", dice)
        return _exchange(said, (target, previous), target, reply, dice)

    def _rejected(
        self,
        target: Facts,
        negative: Facts,
        previous: Facts | None,
        dice: Dice,
        others: Sequence[Facts],
    ) -> list[Turn]:
        """A request that the negative may well answer, its rejection with a clearer wish, and the target."""
        common = shared(target, negative)
        sure = {k: w for k, w in self._weights(previous).items() if k not in UNSURE}
        loose = choose(sure, common, previous, dice, others)
        first = [request(loose, common, previous, dice, others=others)]
        again = choose(self.weights["rejected"], target, negative, dice)
        second = [
            rejection(negative, target, dice),
            request(again, target, negative, dice, avoid=negative.names),
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


def choose(
    weights: dict[Kind, float],
    target: Facts,
    previous: Facts | None,
    dice: Dice,
    others: Sequence[Facts] = (),
) -> Kind:
    """A kind of request whose facts are known; an open wish where nothing is known."""
    possible = {kind: w for kind, w in weights.items() if can_ask(kind, target, previous, others)}
    return dice.weighted(possible) if possible else "wish"


def can_ask(kind: Kind, target: Facts, previous: Facts | None, others: Sequence[Facts] = ()) -> bool:
    """Whether the facts that a kind of request needs are known."""
    match kind:
        case "similar" | "reaction":
            return previous is not None
        case "tags" | "wish":
            return bool(target.urn)
        case "plan":
            return bool(target.urn or target.artist)
        case "without":
            around = [*([previous] if previous else []), *others]
            return bool(target.urn and refusable(target, around))
        case "artist":
            return bool(target.artist)
        case "artists" | "like_artist":
            return bool(other_artists(target, others))
        case "another":
            return bool(previous and target.artist and target.artist.casefold() == previous.artist.casefold())
        case "someone_else" | "no_artist":
            return bool(previous and other_artists(target, [previous]))
        case "comparison":
            return bool(comparisons(target, previous))
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
