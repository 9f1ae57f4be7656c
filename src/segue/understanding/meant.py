"""What an utterance leaves to what was said before, put in: "now electric" after blues is electric blues."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segue.understanding import acts, list_edits
from segue.understanding.everyday import common, nicknames
from segue.understanding.state import DialogueState
from segue.understanding.text import as_written, clauses, key, last_said, said_plainly
from segue.understanding.themes import IN_TITLE
from segue.understanding.titles import enumerated
from segue.understanding.turns import bare
from segue.understanding.versions import Versions

_BUT_MORE = re.compile(
    r"^(?:(?:play|put on|something|now|ok) )*(?P<what>\S.*?) but "
    r"(?P<how>(?!.*\b(?:version|cover|live|remix)\b).+)$"
)
_BY_THEM = re.compile(
    r"\b(by|from|of) (?:hi[ms]|hers?|them|theirs"
    r"|(?:this|that) (?:artist|band|singer|group|guy|lady|man|woman))\b"
)
_AGAIN = re.compile(
    r"[.!;?] *(?:play (?:it|that),? )?(?:once more|one more time|again(?=,? (?:please|pls|plz))"
    r"|(?<=(?:this|song|love|tune)[.!;] )again)(?:,? (?:please|pls|plz))?\W*$",
    re.IGNORECASE,
)
"""The end of thanks that are more: "You are very kind. Again, please."."""
_QUEUE_UP = re.compile(r"^(?:queue|cue|line) up (?!the next\b)", re.IGNORECASE)
_ADDED = re.compile(
    r"^(?:and |please |ok |now )*add (?P<what>"
    r"(?!(?:it|that|this|them|those|these|a|an|another|one|some|more|the)\b)[^\W\d]+(?: \w+){0,2})$"
)
_SUCH_ONE = re.compile(
    r"^(?:(?:ok|and|or|now|what about|how about|got|any|a|an|one about|another about|some) )+(?:a |an |the )?"
    r"(?P<what>\w+)(?: (?:one|ones|song|songs))?$"
)
_DASHED = re.compile(
    r"^(?:play |put on |queue )?([^-–—,.;!?]{2,40}) [-–—] ([^-–—,.;!?]{2,50})$", re.IGNORECASE
)
_NONE_OF_THOSE = re.compile(
    r"(?<=\w),? (?:and |but )?(?:not|none)(?: (?:one|any))? of (?:those|these|them)"
    r"(?: (?:two|three|four|five|six))?\W*$",
    re.IGNORECASE,
)
_AND_OF = re.compile(
    r"^(?:and|or|but|what about|how about)(?: (?:and|then|what about|how about))* "
    r"(?:(?P<of>by|from|of|in|with) )?"
    r"(?P<what>(?!(?:that|this|it|them|those|these|one|some|something|anything|any|an?|more|now)\b)\w.*?)"
    r"(?: then)?$"
)


_NOT_TOLD = frozenset("over under into onto from with that their about going being where through".split())
"""Words of what a song is said to be about that need not be in its title."""
_EXPLICITLY = re.compile(r"^(?:and |or )+(?:now |then )?(?:one |some |something )?about (?!time\b)")


class Meant(Versions):
    """Says in full what is said in short."""

    def meant(self, text: str, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """An utterance as it would be said by itself, as it was said where it leaves nothing out.

        Args:
            text, line: what is said, and its folded words.
            before: what held until then.
            played: ids of what was played, oldest first.
        """
        alone = played and {*line.split()} == {"again"} and not text.casefold().startswith("and")
        if alone or _AGAIN.search(text):
            return "play it again"
        text = _QUEUE_UP.sub("play ", acts.JUST_PRAISE.sub("", text))
        if before.count > 1 or before.listed:
            text = _NONE_OF_THOSE.sub("", text)  # What has played is not played again.
        counted = any(p.search(line) for p in list_edits.ADD)  # "Add two more" names nothing.
        if not counted and (added := _ADDED.match(line)) and self.take_apart(added["what"]).lone:
            return f"play {added['what']}"  # What it says is found, or told as not here.
        ways = [self._placed(bare(last_said(text)), before, played), self._narrower(line, before)]
        ways += [self._by_whom(line, before, played), self._about_what(line, before, played)]
        ways += [self._recording(line, before, played), self._version(text, line, played)]
        ways += [self._nickname(line), self._theme(said_plainly(text), before)]
        ways += [self._doubted(text, line), self._dashed(text), enumerated(text, self.names)]
        ways += [self._but_more(line)]
        ways += [self._asked_for(text, before), self._counted_too(said_plainly(text), before)]
        return next(filter(None, ways), "") or self._of_film(line) or text

    def _doubted(self, text: str, line: str) -> str:
        """ "No Cranberries either, I bet": "do you have any Cranberries"."""
        match = acts.DOUBTED.match(line)
        what = as_written(text, next(filter(None, match.groups()), "")) if match else ""
        reading = self.take_apart(f"play {what}") if what else None
        named = reading and (reading.names or reading.unknown) and not reading.facts
        return f"do you have any {what}" if named else ""

    def _but_more(self, line: str) -> str:
        """ "Billie Jean, but slower" is another one: "something like Billie Jean but slower"."""
        match = _BUT_MORE.match(line)
        if not match or not acts.comparisons(match["how"]):
            return ""
        titled = self.names.title_key(match["what"].split()) in self.names.title
        return f"something like {match['what']} but {match['how']}" if titled else ""

    def _dashed(self, text: str) -> str:
        """ "Cortez - Hurricane", of an artist who is here and no title that is."""
        match = _DASHED.match(text)
        for by, title in (match.groups(), match.groups()[::-1]) if match else ():
            said = said_plainly(title)
            plain = all(w in common() for w in said.split()) or not self.take_apart(title).lone
            if (
                key(by) in self.names.artist
                and not plain
                and self.names.title_key(said.split()) not in self.names.title
            ):
                return f'play "{title}" by {by}'
        return ""

    @staticmethod
    def _placed(line: str, before: DialogueState, played: Sequence[str]) -> str:
        """ "Play just that one" where the third of a list was asked about: "play number 3"."""
        shown = list(played[-before.count :]) if before.count > 1 else list(before.listed)
        asked = before.about[0] if before.act == "question" and len(before.about) == 1 else ""
        one = asked in shown and len(shown) > 1 and acts.PLAY_IT.match(line)
        return f"play number {shown.index(asked) + 1}" if one else ""

    def _asked_for(self, text: str, before: DialogueState) -> str:
        """ "I was at school then! Let's hear it", of the track that was asked about: "play it"."""
        said = clauses(text)
        if before.act != "question" or len(before.about) != 1 or len(said) < 2:
            return ""
        aside, line = said_plainly(", ".join(said[:-1])), bare(said_plainly(said[-1]))
        named = acts.question(aside) or any(m.exact for m in self.take_apart(aside).names)
        return "play it" if line.count(" ") and acts.THAT.match(line) and not named else ""

    def _counted_too(self, line: str, before: DialogueState) -> str:
        """ "And by ABBA?", after how many there are of something else: "how many songs by ABBA"."""
        counted = before.act == "question" and before.asked.startswith("how many")
        match = _AND_OF.match(line) if counted else None
        asks = (acts.PLAY, acts.SOME_OF, acts.MORE, acts.REPEAT, acts.AND_MOST)
        if not match or acts.most(line) or acts.question(line) or any(p.search(line) for p in asks):
            return ""
        reading = self.take_apart(f"songs by {match['what']}" if match["of"] == "by" else match["what"])
        if reading.lone and not reading.unknown:
            return ""
        if not match["of"] and not reading.names:
            return f"how many {match['what']} songs do you have"
        # "How many by Queen?", then "and from the 80s?"
        theirs = [f"by {w.words} " for w in before.topic if w.kind == "artist" and not reading.names]
        return f"how many songs {''.join(theirs)}{match['of'] or 'by'} {match['what']}"

    def _narrower(self, line: str, before: DialogueState) -> str:
        """ "Now electric" where blues is wished: "electric blues", where anything here is marked so."""
        match = acts.NARROWER.match(line)
        concept = self.phrases.get((match["kind"],)) if match else None
        meant = concept and (concept.kind != "genre" or self.index.having(concept.values[:1]).any())
        if not match or meant or acts.SOCIAL.match(line):
            return ""
        genres = [w.words for w in before.required if w.kind == "genre"]
        heads = dict.fromkeys(h for g in reversed(genres) for h in (g, g.split()[-1]))
        found = (f"{match['kind']} {head}" for head in heads)
        return next((f for f in found if self.index.having((f,)).any()), "")

    def _by_whom(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """ "What do you have by her?", of whoever was spoken of or played last."""
        wished = [w for w in (*before.topic, *before.wishes) if w.kind == "artist" and not w.refused]
        spoken = [v for w in wished if w in before.topic or w.turn == before.turn for v in w.values]
        artist = next(iter((*spoken, *self._artists(tuple(played[-1:])))), "")
        asked = acts.question(line)
        if not artist or asked not in ("works", "how many") or (asked == "works" and "else" in line.split()):
            return ""
        if asked == "how many" and " of them" in line:
            return ""  # Of the list.
        told, n = _BY_THEM.subn(lambda m: f"{m[1]} {artist}", line)
        return told if n else ""

    def _about_what(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """ "The one about the sun", of whoever was asked for last."""
        match = acts.ONE_ABOUT.match(line)
        if not match:
            return ""
        wished = [v for w in before.required if w.kind == "artist" for v in w.values]
        for artist in (*wished, *self._artists(tuple(played[-1:]))):
            for track in (t for tracks in self.names.works_of(artist)[0].values() for t in tracks):
                title = self._title_of(track)
                told = match["what"].split()
                telling = {*told} if len(told) == 1 else {w for w in told if len(w) > 3} - _NOT_TOLD
                if len(telling) > (len(told) > 1) and telling <= {*said_plainly(title).split()}:
                    return f'play "{title}" by {artist}'
        return ""

    def _theme(self, line: str, before: DialogueState) -> str:
        """ "And the moon", "and a submarine one?", after songs about something."""
        match = acts.AND_ABOUT.match(line) or _SUCH_ONE.match(line)
        new = [w for w in before.wishes if w.turn == before.turn]
        told = _EXPLICITLY.match(line) is not None
        about = told or any(w.words.endswith(IN_TITLE) for w in new)
        about = about or any(u.endswith(IN_TITLE) for u in before.unknown)
        about = about or (0 < len(before.said.split()) <= 2 and not new)
        if not match or not about or before.act != "recommend":
            return ""
        word = match["what"].split()[-1]
        plain = (told or word not in common()) and (word,) not in self.phrases
        reading = self.take_apart(f"songs about {match['what']}")
        return f"songs about {match['what']}" if plain and reading.lone and not reading.unknown else ""

    def _nickname(self, line: str) -> str:
        """ "The boss", where nothing else is said."""
        nick = next((name for said, name in nicknames() if said.startswith("the ") and said == line), "")
        return f"play {nick}" if key(nick) in self.names.artist else ""
