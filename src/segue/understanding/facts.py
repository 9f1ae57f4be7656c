"""Facts that are said: genres, moods, instruments, voices, tempi, languages, occasions and years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from segue.understanding import beats, lengths, years, years_of_life
from segue.understanding.context import NATIONAL
from segue.understanding.everyday import everyday, idioms
from segue.understanding.text import WIDE, Token
from segue.understanding.vocabulary import Concept

Phrases = Mapping[tuple[str, ...], Concept]
STEM = "~"
"""Ends a phrase of words.toml that is the beginning of a word."""
THINGS = frozenset("world country house garage trap march swing score soul drive heart western".split())
DETERMINERS = frozenset(
    "a the same my your our this that his her their whole entire one in every of another".split()
)
"""Words behind which a word of music may be the thing itself."""
AMOUNTS = frozenset(
    "bit lot lots touch hint kind mix dash sort type piece best fan history way ways form kinds types bits "
    "plenty load loads".split()
)
"""Words between a determiner and "of" that say how much."""
PORTIONS = frozenset("without minus less more with plus enough ohne sans sin senza zonder utan bez".split())
"""Words before a part of the music: "without the country"."""
SOUNDS = frozenset(
    "music song track tune ballad record band artist singer hit album number one vibe classic feel sound "
    "style groove beat stuff era legend anthem jam and or influence rock pop folk fusion".split()
)
_SHOWS = SOUNDS | frozenset("songs theatre theater numbers comedy comedies films movies soundtracks".split())
_BEHIND = frozenset("we i you they that which with to for please from or and in".split())
OBJECTS = frozenset("me us him her them you it myself yourself ourselves everyone everybody people".split())
"""Words between the two of a phrase: "wake me up"."""
_PLAYED = frozenset("synth guitar drum bass vocal piano keyboard string horn studio production".split())
THEMES = frozenset(
    ("Christmas", "the summer", "winter", "a rainy day", "a broken heart", "being in love", "a funeral")
)
"""Occasions whose music songs about them are."""
_ARTICLES = frozenset("une cette quelle la les ces ses sa ma mes autre autres belle bonne jolie des".split())
ANSWERS = frozenset("no nope nah nein nee non nej nie nao нет".split())
OLD_SCHOOL = ("old school ", "oldschool ")
"""Begins a genre of before 2000."""
LYRICS = frozenset("lyrics text words letra letras paroles testo".split())
_WHEN = frozenset("for during while at before".split())
_BETWEEN = frozenset(
    "from by of about like to that who is are songs song music something anything with".split()
)
_SEEKS = frozenset(
    "looking lookin searching search hunting ask asking thanks wait waiting except but".split()
)
"""Words whose "for" says what is sought."""
_FOR = frozenset("for to with of and miss missing like".split())
_WITH_RAPPER = frozenset("or and with like music songs please from who that similar in is".split())
_HAS = frozenset(
    "with without no any have has having and or but nor not sin con sans ohne mit avec senza zonder".split()
)
MUSIC = frozenset("music musics song songs track tracks musik musique musica muziek".split())
_MOODS = frozenset("vibe vibes playlist playlists".split())
_TAILS = frozenset("sound sounds sounding line lines drop drops solo solos part parts harmonies work".split())
"""Words behind an instrument or a voice that say no more of it."""


class Fact(NamedTuple):
    """What tokens [start, end) say: a concept; or years, seconds (of a length), beats a minute."""

    start: int
    end: int
    concept: Concept
    years: years.Years | None = None


def times(said: Sequence[Token], taken: set[int], genres: set[int]) -> list[Fact]:
    """The years, lengths and tempi that are said outside the taken tokens.

    Args:
        said: the tokens.
        taken: places of what means something else.
        genres: places of genres of several words: "old school rap" says no year by itself.
    """
    text, place = "", dict[int, int]()
    for i, token in enumerate(said):
        place |= dict.fromkeys(range(len(text), len(text) + len(token.word) + 1), i)
        # "No, under 4 minutes" is an answer: its "no" says nothing of the minutes.
        answer = i == 0 and token.word in ANSWERS and len(said) > 1 and said[1].begins
        text += ("_" * len(token.word) if answer else token.word) + " "
    found, text = list[Fact](), text.rstrip()
    said_so: list[tuple[int, int, Concept, years.Years]] = [
        (n.start, n.end, Concept("length", n.words, ()), n.seconds) for n in lengths.find(text)
    ]
    said_so += [(b.start, b.end, Concept("tempo", b.words, ()), b.beats) for b in beats.find(text)]
    told = [*years_of_life.find(text), *years.find(text)]
    said_so += [(t.start, t.end, Concept("year", t.words, ()), t.years) for t in told]
    for first, last, concept, span in said_so:
        start, end = place[first], place[max(first, last - 1)] + 1
        vague = concept.name in (years.RECENT, years.OLDEN) and set(range(start, end)) < genres
        if not vague and not taken & set(range(start, end)):
            found += [Fact(start, end, concept, span)] if concept.name else []
            taken = taken | set(range(start, end))
    return found


def tagged(said: Sequence[Token], phrases: Phrases, taken: set[int], longest: int = 4) -> list[Fact]:
    """The phrases that stand in the tokens, longest first, none over another or over what is taken.

    In a script without blanks a token is a whole clause: it may say several, and a time besides.
    """
    words, taken, found = [t.word for t in said], set(taken), []
    for length in range(min(longest, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            span = set(range(start, start + length))
            concept = phrases.get(tuple(words[start : start + length]))
            if concept is None and length == 1:
                concept = _inflected(words[start], phrases)
            if concept is None and length > 1 and words[start + length - 1].endswith("s"):
                concept = phrases.get((*words[start : start + length - 1], words[start + length - 1][:-1]))
            if concept is None and length == 3 and words[start + 1] in OBJECTS:
                concept = phrases.get((words[start], words[start + 2]))  # "Wake me up", "chill us out".
            if any(t.begins for t in said[start + 1 : start + length]):
                continue
            if concept and not span & taken and not (length == 1 and _is_thing(words, start)):
                # "Electronic music" says no more than "electronic", "guitar solos" than "guitar".
                end = start + length
                if length > 1 and (words[end - 1] in MUSIC or _trails(words[start:end], concept, phrases)):
                    end -= 1
                # "Old school rap" is rap, and old.
                when = next((len(p.split()) for p in OLD_SCHOOL if concept.name.startswith(p)), 0)
                found.append(Fact(start + when, end, concept))
                taken |= span
    for i, word in enumerate(words):
        if WIDE.search(word):
            inside = [c for p, c in phrases.items() if len(p) == 1 and WIDE.search(p[0]) and p[0] in word]
            found += [Fact(i, i + 1, concept) for concept in dict.fromkeys(inside)]
    return sorted(found)


def placed(said: Sequence[Token], phrases: Phrases, taken: set[int]) -> list[Fact]:
    """The scenes (`vocabulary.scenes`) that stand where an occasion does: "for my next knitting session"."""
    words, found = [t.word for t in said], list[Fact]()
    for length in (4, 3, 2, 1):
        for start in range(1, len(words) - length + 1):
            span = set(range(start, start + length))
            concept = phrases.get(tuple(words[start : start + length]))
            if concept is None and length == 1 and words[start - 1] in ("to", "i", "we"):
                concept = _doing(words[start], phrases)  # "Songs to vacuum to".
            done = words[start - 1] in ("to", "i", "we")
            if concept and not span & taken and (done or _occurs(said, start)):
                found.append(Fact(start, start + length, concept))
                taken = taken | span
    return found


def _doing(verb: str, phrases: Phrases) -> Concept | None:
    """What is done, by its verb: "vacuum" for vacuuming, "bake" for baking, "jog" for jogging."""
    forms = (f"{verb}ing", f"{verb.removesuffix('e')}ing", f"{verb}{verb[-1]}ing")
    return next((c for form in forms if (c := phrases.get((form,))) and c.kind == "occasion"), None)


def _occurs(said: Sequence[Token], start: int) -> bool:
    """Whether "for", "while" or "in the" stands at most three words before a place."""
    for i in range(start - 1, max(-1, start - 4), -1):
        if said[i + 1].begins or said[i].word in _BETWEEN:
            return False
        if said[i].word == "for" and i and said[i - 1].word in _SEEKS:
            return False
        if said[i].word in _WHEN or (said[i].word in ("in", "on") and said[i + 1].word in DETERMINERS):
            return True
    return False


def _trails(words: Sequence[str], concept: Concept, phrases: Phrases) -> bool:
    """Whether the last word says no more than those before it."""
    played = concept.kind in ("instrument", "voice")
    return words[-1] in (_MOODS | _TAILS if played else _MOODS) and tuple(words[:-1]) in phrases


def _inflected(word: str, phrases: Phrases) -> Concept | None:
    """What a word means by its plural's singular, or by its stem ("smutn~" for smutny, smutna, smutnego)."""
    if word.endswith("s") and len(word) > 4 and (concept := phrases.get((word[:-1],))):
        return concept
    for end in ("er", "est", "ness", "ish"):
        if word.endswith(end) and (concept := _bare(word.removesuffix(end), phrases)):
            return concept  # "Funkier", "the saddest", "warmness".
    if word not in everyday() and (concept := _declined(word, phrases)):
        return concept
    for end in _COMPOUNDS:
        if word.endswith(end) and (concept := phrases.get((word.removesuffix(end).removesuffix("s"),))):
            return concept  # "Soulplatte", "jazzmuziek", "pianolåtar".
    return next((c for n in range(len(word), 2, -1) if (c := phrases.get((word[:n] + STEM,)))), None)


def _declined(word: str, phrases: Phrases) -> Concept | None:
    """The mood or tempo whose adjective has another end in the table: "rilassanti", "verträumten"."""
    spelt = [word[:-1] + end for end in ("e", "o", "a")] if word[-1] in "aeio" else []
    spelt += [
        word.removesuffix(end) for end in ("en", "em", "er", "es", "e", "s", "t", "a") if word.endswith(end)
    ]
    found = (phrases.get((w,)) for w in spelt if len(w) > 4)
    return next((c for c in found if c and c.kind in ("mood", "tempo")), None)


_COMPOUNDS = tuple(
    "platten platte scheibe musik mucke muziek lieder lied songs song stucke stuck nummern nummer nummers "
    "liedjes liedje plaat latar laten lat sanger abend klassiker".split()
)
"""Ends of words of German, Dutch and Swedish that say no more than "music"."""
_NO_STEMS = frozenset("lov hat lit sob strang eas".split())
"""What is no adjective before "er": lover, litter, sober, stranger."""


def _bare(stem: str, phrases: Phrases) -> Concept | None:
    """The mood whose adjective has this stem: "funki" of funkier, "sadd" of sadder, "gentl" of gentler."""
    if len(stem) < 3 or stem in _NO_STEMS:
        return None
    spelt = [stem, stem + "e", *([stem[:-1] + "y"] if stem[-1] == "i" else [])]
    spelt += [stem[:-1]] if stem[-1] == stem[-2] else []
    found = (phrases.get((word,)) for word in spelt)
    return next((c for c in found if c and c.kind in ("mood", "tempo")), None)


def _is_thing(words: Sequence[str], place: int) -> bool:
    """Whether a genre that is a common word, too, is meant as that: "a world without love", "in my house"."""
    if words[place] not in THINGS or not place or words[place - 1] not in DETERMINERS:
        return False
    if words[place - 1] == "one" and words.count("one") > 1:
        return False  # "One rock, one jazz, one soul".
    if words[place - 1] == "of" and words[max(0, place - 2)] in AMOUNTS:
        return False  # "A bit of swing".
    if place > 1 and words[place - 2] in PORTIONS:
        return False  # "Like Johnny Cash without the country".
    return place + 1 == len(words) or words[place + 1].removesuffix("s") not in SOUNDS


def in_idioms(said: Sequence[Token]) -> set[int]:
    """The tokens of phrases in which a word of music means none, and of words that say nothing: "lol"."""
    words = [t.word for t in said]
    places = [(i, i + n) for n in (1, 2, 3, 4) for i in range(len(words) - n + 1)]
    return {i for a, b in places if tuple(words[a:b]) in idioms() for i in range(a, b)}


def of_no_music(said: Sequence[Token], fact: Fact) -> bool:
    """Whether words are of something else: "italian food", "my german homework"."""
    ahead = said[fact.end : fact.end + 1]
    if (
        said[fact.start].word in ("fusion", "mashup", "crossover", "hybrid")
        and bool(ahead)
        and ahead[0].word in ("of", "between")
    ):
        return True  # "A fusion of jazz and rock" asks for no fusion.
    alone = fact.end - fact.start == 1
    if alone and said[fact.start].word in ("chanson", "chansons") and fact.start:
        # "Une chanson" is a song; "de la chanson française" is a genre.
        return said[fact.start - 1].word in _ARTICLES and not (ahead and ahead[0].word.startswith("francais"))
    if (
        alone
        and said[fact.start].word == "musical"
        and bool(ahead)
        and not ahead[0].begins
        and ahead[0].word not in _SHOWS | _BEHIND
    ):
        return True  # "Rap with musical accompaniment".
    if fact.concept.name == "pop" and bool(ahead) and ahead[0].word in ("on", "up"):
        return True  # "Could you pop on some jazz?"
    if fact.concept.kind == "occasion" and _a_theme(said, fact):
        return True
    before = said[fact.start - 1].word if fact.start and not said[fact.start].begins else ""
    if fact.concept.name == "a walk" and bool(ahead) and ahead[0].word in ("me", "us"):
        return True  # "Walk me from jazz to metal."
    if said[fact.end - 1].word == "library" and said[0].word in _ASKING:
        return True  # "What is the oldest song in the library?"
    if said[fact.start].word == "my" and fact.concept.name == "being in love" and before not in _FOR:
        return True  # "What should my wife listen to?"
    if alone and said[fact.start].word == "rapper" and bool(ahead) and not ahead[0].begins:
        return ahead[0].word not in _WITH_RAPPER  # "Rapper X" asks for X.
    if alone and said[fact.start].word in LYRICS:
        return before not in _HAS  # "Meaningful lyrics" ask for no voice.
    if fact.concept.kind == "country" and (before == "to" or (ahead and ahead[0].word in ("to", "via"))):
        return any(t.word in _TRAVELS for t in said[max(0, fact.start - 6) : fact.start])
    return fact.concept.kind in ("language", "country") and bool(ahead) and ahead[0].word in NATIONAL


_ASKING = frozenset("what whats which whose who how is are do does have has any anything got and".split())
_TRAVELS = frozenset(
    "drive driving drove fly flying flight travel travelling traveling trip train bus moving move going go "
    "heading holiday vacation visit visiting road way ferry plane journey sailing hiking cycling walk".split()
)
"""Words before the countries of a journey, which is no music from there."""


def _a_theme(said: Sequence[Token], fact: Fact) -> bool:
    """Whether words are what songs are about ("songs about drinking"), of an instrument or of an edition."""
    before = [t.word for t in said[max(0, fact.start - 4) : fact.start]]
    if before[-1:] and said[fact.start].word == "work" and before[-1] in _PLAYED:
        return True  # "Synth work".
    if said[fact.start].word == "anniversary" and [t.word for t in said[fact.end : fact.end + 1]] != ["for"]:
        return bool(before) and before[-1][:1].isdigit()
    clause = max([i for i in range(fact.start + 1) if said[i].begins], default=0)
    about = "about" in [t.word for t in said[max(clause, fact.start - 3) : fact.start]]
    return about and fact.concept.name not in THEMES
