"""What a "not" reaches: which tokens of an utterance are refused, and which only hoped for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segue.understanding.refused_behind import JOINS, disowned
from segue.understanding.text import Token, spellings

NOT = sorted(
    (tuple(p.split()) for phrase in (
        "keep it away from|keep this away from|keep me away from|well away from|anything bar|everything bar|anyone bar|anybody bar|all bar|nae|cannae thole|cannae stand|cannae abide|cannae be doing with|dinnae want|dinnae like|dinnae play|veto|vetoed|vetoes|vetoing|banned|banning|bans|dont you dare play|dont you dare|dont even think of|dont even think about|better not play|better not be|wont have|will not have|wont stand for|cant stomach|cant tolerate|cant face|cant do with|cant get into|if i hear|if i have to hear|could live without|can live without|can well do without|no patience for|no time for|nothin|nuthin|nuffin|nowt|no|not|without|nothing|never|except|excluding|exclude|minus|avoid|ban|skip|skip the|skip any|skip all|skip anything|skip everything|stop the|screw|screw the|sod the|to hell with|isnt|arent|neither|nor|nobody"
        "|anything but|everything but|anyone but|anybody but|all but|everything except|anything except|anyone except"
        "|no more|nothing more|never play me|never play|allergic to|cant bear|can not bear|could do without|had enough of|mustnt have|must not have|mustnt be|must not be|shouldnt have|should not have|shouldnt be|should not be|i already know|already know|already have|already heard|know all about|ive heard|besides|aside from|apart from|i hate|i dislike|hate|hates|hated|dislike|dislikes|disliked|loathed|detested|despised|never liked|never cared for|couldnt stand|could not stand|couldnt bear|doesnt like|does not like|doesnt want|dont like|dont want|dont play|do not want|do not like|do not play"
        "|hardly any|hardly a|barely any|scarcely any|next to no|as little|as few|not too much|not too many|not much|not many|dont mean|didnt mean|dont need|dont do|doesnt do|dont listen to|doesnt listen to|never listen to|dont fancy|dont feel like|dont care for|doesnt care for|dont care much for|dont much like|dont really like|dont really do|dont enjoy|doesnt enjoy|dont dig|dont rate|dont love|bored with|grown out of|outgrown|gone off|went off|gone right off|grown tired of|who needs|lifes too short for|life is too short for|no love for|dont give|cant stand|can not stand|cannot stand|sick of|sick to death of|sick and tired of|sick to the back teeth of|bored to death of|bored to death by|bored to death with|bored to tears by|tired of|enough of|enough|fed up with|spare me|bored of"
        "|had it with|had it up to here with|had my fill of|had my share of|heard enough|why is it always|why always|why do you keep playing|you keep playing|too much|too many|whats with all the|dont put on|do not put on|zero|thumbs down for|thumbs down to"
        "|all genres but|every genre but|any genre but|all music but|any music but|every style but|any style but|all styles but|any decade but|every decade but|everything apart from|anything apart from"
        "|ixnay on the|ixnay on|ixnay|go easy on the|go easy on|go light on the|easy on the|hold the|lay off the|cut the|cut out the|lose the|ditch the|kill the|enough already with|im over the|im over|im done with|so over|pass on the|steer clear of|stay away from|keep away from|far from|get rid of|not a fan of|i loathe|i detest|i despise|i abhor|loathe|detest|despise|cant abide|cant take|cant handle|cant deal with|weary of|done to death"
        "|doesnt sound like|does not sound like|dont sound like|do not sound like|doesnt feel like|does not feel like"
        "|stop playing|stop with the|stop with|quit with the|quit the|enough with the|enough with|refuse to listen to|refuse to hear|refuse to play|wont listen to|will not listen to|dont want to hear|do not want to hear|never want to hear|dont let me hear|dont understand|less|leave out|no one|void of|free of|lacking|other than|instead of|rather than|none of"
        "|something different from|something different than|different from|anders als|anderes als|autre chose que|autre que|otra cosa que|que no sean?|altro che|diverso da|anders dan|annat an|inne niz|outra coisa que|ohne|kein|keine|keinen|keiner|nicht|nichts|ausser|ich hasse|sans|pas de|pas d|aucune chanson de|aucun morceau de|aucun de|aucune de|aucun|aucune|ninguna de|ninguno de|ninguna|ninguno|ningun|pas|rien de|sauf|je deteste"
        "|sin|nao|nada de|nada|odio|excepto|nessuna|nessuno|nessun|nessuna di|nessuno di|niente di|nenhuma|nenhum|nada do|nada da|keins von|keines von|keinen von|zadn|geen enkele|inga|ingen|inget|menos|senza|niente|tranne|non|sem|exceto|zonder|geen|niet|behalve|utan|bez|без|не|кроме|не хочу|不要|没有"
    ).split("|") for p in spellings(phrase)),
    key=len, reverse=True,
)  # fmt: skip
IDLE = [
    tuple(p.split())
    for p in (
        "nothing but|nothin but|nuthin but|nuffin but|nowt but|no matter|not only|not bad|not sure|no problem|no worries|dont mind|do not mind|wouldnt mind|would not mind|cant wait|why not"
        "|no wait|no thanks|not that i mind|nothing else|no need|no doubt|not really|no idea|not just|never mind"
        "|dont stop|i dont care|doesnt matter|does not matter|doesnt have to|does not have to|not necessarily|no reason"
        "|aurais pas|auriez pas|as pas|avez pas|peux pas|pouvez pas|pourrais pas|pourriez pas|hast du nicht|hast du kein|hast du keine"
        "|hast du keinen|habt ihr nicht|habt ihr keine|kannst du nicht|konntest du nicht|hattest du nicht|hatten sie nicht|no tienes"
        "|no tendrias|no tiene|non hai|non avresti|nao tem|nao teria|dont you have|dont you know|havent you|why dont you|cant you"
        "|couldnt you|wont you|wouldnt you|heb je niet|heb je geen|har du inte|har du ingen|har du inga|nie masz|у тебя нет"
        "|who doesnt like|who doesnt love|who does not love|who does not like|who wouldnt love|who can resist|cant get enough of|cannot get enough of|can not get enough of"
        "|never get enough of|never get tired of|never tire of|never get bored of|never enough|nothing beats|no one beats|nobody beats"
        "|nobody does it like|no one does it like|couldnt live without|cant live without|can not live without|could not live without|cant go wrong with|can not go wrong with"
        "|cant do without|no party without|not a day without|why dont we|cant resist|cant help|dont forget|dont you just love|dont we all love|no more than one|no more than two|no more than three|no more than four|no more than five|no more than six|no more than seven|no more than eight|no more than nine|no more than ten|no more than a|no more than half|no more than 1|no more than 2|no more than 3|no more than 4|no more than 5|no more than 6|no more than 7|no more than 8|no more than 9|no more than 10|no more than 12|not heard enough|dont hear enough|dont listen to enough|dont get enough|dont do enough|dont do without|dont care who|dont care what|dont care which"
        "|no one except|nobody except|no one but|nobody but|no one other than|nobody other than|no one apart from|nobody apart from|no one besides|nobody besides|nothing except|nothing other than|nothing besides|nothing apart from|none but|never too much|cant have too much|can never have too much|no such thing as too much|wouldnt say no to|would not say no to|wont say no to|cant say no to|never say no to|not say no to|no objection to|no objections to|not averse to|nothing wrong with|no harm in|no shame in|not opposed to"
        "|know nothing about|know nothing of|knew nothing about|know next to nothing about|dont know anything about|dont know much about|not know much about"
        "|isnt any trouble|isnt much trouble|isnt too much trouble|isnt too much to ask|isnt a problem|isnt a bother|isnt any bother|not any trouble|not too much trouble|not too much bother|not too much to ask|not a problem|no trouble|no bother"
        "|not a question|not by chance|cannot live|if not|no really|no preference|dont know|more or less|whether or not"
    ).split("|")
]
ABSENT = [
    tuple(p.split())
    for p in "there is no|theres no|there are no|why is there no|why are there no|you have no".split("|")
]
"""At the beginning of a clause: what is missed, and so wished for."""
STOPS = frozenset(
    "but though although however aber mais pero ma но mas maar instead play give gimme sondern rather plutot more"
    " said asked".split()
)
ENDS = frozenset("for from with by in on like fur pour para per avec mit con voor".split())
SPARED = [
    tuple(p.split())
    for p in (
        "not that i mind|not that i dont like|not that i hate|nothing against|no offence to|no offense to|dont mind"
        "|not against|have nothing against|nichts gegen|habe nichts gegen|rien contre|nada contra|no tengo nada contra"
        "|niente contro|niets tegen|inget emot|nic przeciwko"
    ).split("|")
]
"""Before what is neither wanted nor refused where a "but" follows: "not that I mind jazz, but some rock"."""
REACH = 6
"""Words behind a "not" within which what is refused begins."""
TOO = frozenset("too zu trop demasiado troppo demais zbyt слишком".split())
RESUMES = frozenset("just only something lets give want wanna".split())
"""Words that begin a wish anew behind what was refused: "nothing sad just happy songs"."""
MAYBE = [
    tuple(p.split())
    for p in ("maybe|preferably|ideally|if possible|perhaps|kind of|a bit of|vielleicht|peut etre").split("|")
]


def starts(words: Sequence[str], place: int, phrases: Sequence[tuple[str, ...]]) -> int:
    """How many words one of the phrases takes at a place, 0 for none."""
    first = words[place]
    return next((len(p) for p in phrases if p[0] == first and tuple(words[place : place + len(p)]) == p), 0)


def spared(said: Sequence[Token]) -> set[int]:
    """The tokens of what is only spoken of, up to the "but" behind it; none where no "but" follows."""
    words = [t.word for t in said]
    for place in range(len(words)):
        if length := starts(words, place, SPARED):
            ends = [i for i in range(place + length, len(words)) if words[i] in _BUT]
            # "I don't mind pop but no boy bands" is no word against pop.
            if not ends or ends[0] + 1 == len(words) or starts(words, ends[0] + 1, NOT):
                return set()
            return set(range(place, ends[0]))
    return set()


_BUT = frozenset("but though however aber mais pero ma mas maar men ale".split())


def _beside(words: Sequence[str], place: int, facts: set[int]) -> bool:
    """Whether "the" and a fact stand behind a place."""
    # "Not Nick Drake the rapper": what is put beside a name is said of another.
    return place + 2 < len(words) and words[place + 1] == "the" and place + 2 in facts


def _complained(said: Sequence[Token], place: int) -> bool:
    """Whether a fact is what "this makes me"."""
    words = [t.word for t in said]
    for length in (3, 4):
        start = place - length
        if start >= 0 and words[start] in ("this", "it", "that") and said[start].begins:
            return tuple(words[start + 1 : start + 3]) in _MAKES
    return False


_MAKES = {(verb, whom) for verb in ("makes", "making", "puts") for whom in ("me", "us", "him", "her", "them")}


def _ended(words: Sequence[str], place: int, since: int, met: bool) -> bool:
    """Whether the reach of the "not" before word `since` ends at a place; `met`: something is refused."""
    if (not met and place > since + REACH) or starts(words, place, MAYBE) or _stops(words, place, since):
        return True
    anew = words[place] in RESUMES and words[place - 1] not in ("or", "and", "not")
    return met and (words[place] in ENDS or anew)


def _stops(words: Sequence[str], place: int, since: int) -> bool:
    """Whether a word ends what a "not" reaches; "any more" and the "play" of "not play" do not."""
    if words[place] == "more" and place and words[place - 1] in ("any", "one"):
        return False
    return words[place] in STOPS and not (place == since and words[place] in ("play", "give"))


def _prefixed(said: Sequence[Token], place: int) -> set[int]:
    """The tokens behind a "non" or "un" with a hyphen: "non-electronic dance music" is dance music."""
    written = said[place].written
    if said[place].word not in ("non", "un") or "-" not in written:
        return set()
    last = place
    while last + 1 < len(said) and said[last + 1].written == written:
        last += 1
    return set(range(place + 1, last + 1))


def _complaints(said: Sequence[Token], meaning: set[int], names: set[int]) -> set[int]:
    """The tokens of "too electronic" and of "sleepy" in "this makes me sleepy"."""
    toos = [i for i, t in enumerate(said) if t.word in TOO and i + 1 in meaning and i not in names]
    return {j for i in toos for j in (i, i + 1)} | {i for i in meaning - names if _complained(said, i)}


_POLITE = frozenset("please pls tonight today thanks thx anymore either music songs stuff tracks".split())


def _listed(said: Sequence[Token], kinds: Mapping[int, str], place: int, kind: str) -> bool:
    """Whether a clause goes on a list of what is refused: "no jazz, blues or country"."""
    joined = False
    for i in range(place, len(said)):
        if i in kinds:
            if kinds[i] != kind:
                return False
        elif said[i].word in JOINS:
            joined = True
        else:
            return joined and said[i].word in _POLITE
    return joined


_NO_TITLE = frozenset(
    "song songs music track tracks stuff one ones tune tunes more other others album albums hit hits cover covers "
    "thing things anything something version versions records pieces remix remixes".split()
)


def _no_refusal(said: Sequence[Token], place: int, meaning: set[int]) -> bool:
    """Whether a "no" at a place is a number's, or begins a title that is not here: "No Surprises by Radiohead"."""
    if said[place].word == "skip" and said[place + 1 : place + 2] and place + 1 not in meaning:
        return said[place + 1].word not in _SKIPPED
    if said[place].word == "no" and place and any(t.word.isdigit() for t in said[place + 1 : place + 2]):
        return True  # "Symphony no. 5".
    ends = [i for i in range(place + 2, min(place + 6, len(said))) if said[i].word == "by"]
    if said[place].word != "no" or not ends or not said[place].begins:
        return False
    between = range(place + 1, ends[0])
    return not any(i in meaning or said[i].word in _NO_TITLE or said[i].begins for i in between)


def _before_other(words: Sequence[str], place: int, meaning: set[int]) -> bool:
    """Whether something is rather wanted than what stands behind a place: "rather blues than gospel"."""
    if place < 2 or place + 1 >= len(words) or place - 1 not in meaning or place in meaning:
        return False
    than = words[place] in ("than", "over") and {"rather", "sooner", "prefer", "better"} & {*words[:place]}
    to = words[place] == "to" and {"prefer", "preferred"} & {*words[:place]}
    return bool(than or to) and bool({place + 1, place + 2} & meaning)


_NO = frozenset(("no", "non", "nein"))
_ANEW = frozenset(
    "lets let we i id ill give gimme play put make actually sorry wait go try rather maybe please thats its".split()
)
"""Words behind a "no" that is an answer: "no let's do jazz"."""


def _answers(said: Sequence[Token], place: int) -> bool:
    """Whether a "no" with which a clause begins is an answer to what was, and refuses nothing itself."""
    first = place - 1 if place and said[place - 1].word in _SOUNDS else place
    return said[first].begins and said[place + 1].word in _ANEW


_SOUNDS = frozenset("hm hmm hmmm oh ah well ok okay ugh um uh er nah lol haha omg no and but".split())
_SKIPPED = frozenset("the any all anything everything".split())
EXCEPT = [
    tuple(p.split())
    for p in (
        "except for|except|excepting|apart from|aside from|other than|besides|save for|but for|bar|barring|unless its"
        "|unless it is|unless theyre|unless they are|unless by|with the exception of|ausser|abgesehen von|sauf|a part"
        "|hormis|excepto|salvo|a parte|tranne|eccetto|exceto|behalve|utom|oprocz"
    ).split("|")
]
"""Behind what is refused they begin what the refusal leaves alone."""
_NEAR = 3


def exceptions(said: Sequence[Token], refused: set[int], meaning: set[int]) -> set[int]:
    """The tokens that a refusal leaves alone: of "no rap except Eminem" those of Eminem."""
    words, found = [t.word for t in said], set[int]()
    for place in range(1, len(said)):
        length = starts(words, place, EXCEPT)
        before = max((i for i in meaning if i < place), default=-1)
        if not length or before not in refused or place - before > _NEAR:
            continue
        for i in range(place + length, len(said)):
            begins = said[i].begins or words[i] in STOPS or starts(words, i, NOT)
            if begins or (found and words[i] in ENDS) or words[i] in ("that", "this", "it"):
                break
            found |= {i} & meaning
    return found


def refused(
    said: Sequence[Token], meaning: set[int], names: set[int], kinds: Mapping[int, str] | None = None
) -> set[int]:
    """The tokens that stand under a "not".

    Args:
        said: the tokens.
        meaning: tokens of facts and names; after one of them a preposition ends the reach.
        names: tokens of names: a "no" inside one says nothing ("No Scrubs").
        kinds: of which kind what a token means is.
    """
    words = [t.word for t in said]
    kinds = kinds or {}
    found = disowned(said, meaning, kinds)[0] | _complaints(said, meaning, names)
    active, met, place, bare, since = False, False, 0, False, 0
    while place < len(said):
        if active and met and said[place].begins and words[place] in ("or", "nor"):
            # "No Queen. Or anything by ABBA."
            met, since, place = False, place + 1, place + 1
            continue
        if said[place].begins and not (bare and place):
            goes_on = met and place in kinds and kinds.get(place - 1)
            active = active and bool(goes_on) and _listed(said, kinds, place, str(goes_on))
        bare = False
        if place in names:
            if active:
                found.add(place)
                active, met = not _beside(words, place, meaning - names), True
            place += 1
            continue
        missed = said[place].begins and starts(words, place, ABSENT)
        if idle := missed or starts(words, place, IDLE):
            active, place = False, place + idle
            continue
        if (behind := _prefixed(said, place)) and not active:
            found |= behind & meaning
            place += 1 + len(behind)
            continue
        length = 0 if _no_refusal(said, place, meaning) else starts(words, place, NOT)
        if length:
            ahead = place + length
            # "no, Queen was fine": an answer, not a refusal.
            answered = (
                ahead < len(said) and words[place] in _NO and (said[ahead].begins or _answers(said, place))
            )
            active, met = not answered, False
            found |= set(range(place, ahead)) if active else set()
            place = since = ahead
            continue
        if _before_other(words, place, meaning):
            active, met, place, since = True, False, place + 1, place + 1
            continue
        active = active and not _ended(words, place, since, met)
        if active:
            found.add(place)
            met = met or place in meaning
        place += 1
    return found
