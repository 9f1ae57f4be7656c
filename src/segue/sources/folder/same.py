"""Which recordings of a folder are one track, and the id that a track keeps for good."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from segue.data.names import folded
from segue.sources.folder.scan import Seen

SAME_LENGTH = 1.0
"""Seconds by which two forms of one recording may differ."""
NOBODY = {"", "unknown", "unknown artist", "various", "various artists", "va"}


@dataclass
class Track:
    """The files of one track, the one that is kept first."""

    files: list[Seen]

    @property
    def best(self) -> Seen:
        """The file that is kept."""
        return self.files[0]


def group(recordings: Iterable[Seen], *, keep_both: bool) -> list[Track]:
    """The recordings as tracks, in the order of their first files.

    One track are files with the same audio. Unless `keep_both`, so are files with the same MusicBrainz
    recording, and files of the same artist and title whose lengths differ by a second at most and of which
    no tag says that they are two (another MusicBrainz recording, album, disc or number). Of several forms
    the whole one is kept rather than one cut short, the lossless, the one of the highest bitrate, the first.
    """
    by_content: dict[str, list[Seen]] = defaultdict(list)
    for one in recordings:
        by_content[one.content or one.path].append(one)
    tracks = [Track(files) for files in by_content.values()]
    if keep_both:
        return tracks
    order = {id(track): place for place, track in enumerate(tracks)}
    by_mbid: dict[str, list[Track]] = defaultdict(list)
    for track in tracks:
        by_mbid[track.best.mbid or f"no {order[id(track)]}"].append(track)
    tracks = [_merged(same) for same in by_mbid.values()]
    by_name: dict[tuple[str, str], list[Track]] = defaultdict(list)
    for place, track in enumerate(tracks):
        by_name[names_of(track.best) or ("", str(place))].append(track)
    found = [one for same in by_name.values() for one in _same_length(same)]
    places = {one.path: place for place, files in enumerate(by_content.values()) for one in files}
    return sorted(found, key=lambda track: min(places[one.path] for one in track.files))


def names_of(one: Seen) -> tuple[str, str] | None:
    """Artist and title to compare by; None where either is not known."""
    artist, title = folded(one.artist or ""), folded(one.title or "")
    return None if artist in NOBODY or not title else (artist, title)


def give_ids(tracks: Iterable[Track], memory: Mapping[str, Seen]) -> None:
    """Set `track_id` of every file.

    In order: the id that this audio had before, wherever it lay; the id of the file that lay at this path
    before, if artist and title (or the MusicBrainz recording) are the same; the MusicBrainz recording; the
    hash of the audio. No id is given twice.
    """
    tracks = list(tracks)
    by_content: dict[str, str] = {}
    for old in sorted(memory.values(), key=lambda old: old.status != "track"):
        if old.content and old.track_id:
            by_content.setdefault(old.content, old.track_id)
    used: set[str] = set()
    ids: dict[int, str] = {}
    choices: tuple[Callable[[Track], list[str]], ...] = (
        lambda track: [by_content[one.content] for one in track.files if one.content in by_content],
        lambda track: _by_path(track, memory),
        _fresh,
    )
    for choose in choices:
        for place, track in enumerate(tracks):
            if place not in ids:
                found = next((i for i in choose(track) if i not in used), None)
                if found is not None:
                    ids[place] = found
                    used.add(found)
    for place, track in enumerate(tracks):
        for one in track.files:
            one.track_id = ids[place]


def _by_path(track: Track, memory: Mapping[str, Seen]) -> list[str]:
    """Ids of other audio of the same names that lay where these files lie."""
    found = []
    for one in track.files:
        old = memory.get(one.path)
        if old is not None and old.track_id and old.status not in ("text", "unreadable"):
            is_same = names_of(old) == names_of(one) is not None or old.mbid == one.mbid is not None
            if is_same:
                found.append(old.track_id)
    return found


def _fresh(track: Track) -> list[str]:
    """New ids; the last ones cannot be taken, as they name the audio and its place."""
    mbids = [one.mbid for one in track.files if one.mbid]
    hashes = [one.content for one in track.files if one.content]
    return [*mbids, *hashes, *(f"{h}-2" for h in hashes), *(f"{h}-{track.best.path}" for h in hashes)]


def _merged(tracks: list[Track]) -> Track:
    """One track of several, the best file first."""
    files = [one for track in tracks for one in track.files]
    return Track(sorted(files, key=lambda one: (one.is_cut, not one.is_lossless, -(one.bitrate or 0))))


def _may_be_one(one: Seen, other: Seen) -> bool:
    """Whether no tag tells two recordings of one name and length apart; one that is missing tells nothing."""
    known = [
        (one.mbid, other.mbid),
        (one.album and folded(one.album), other.album and folded(other.album)),
        (one.disc_no or 1, other.disc_no or 1),
        (one.track_no, other.track_no),
    ]
    return all(a == b for a, b in known if a and b)


def _same_length(tracks: list[Track]) -> list[Track]:
    """The tracks of one artist and title, those of one length as one."""
    todo = [_merged([track]) for track in tracks]
    todo.sort(key=lambda t: (t.best.is_cut, not t.best.is_lossless, -(t.best.bitrate or 0)))
    found: list[list[Track]] = []
    for track in todo:
        for same in found:
            first = same[0].best
            near = abs((first.duration_s or 0) - (track.best.duration_s or 0)) <= SAME_LENGTH
            if near and first.duration_s and all(_may_be_one(t.best, track.best) for t in same):
                same.append(track)
                break
        else:
            found.append([track])
    return [_merged(same) for same in found]
