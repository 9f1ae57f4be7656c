"""What is refused by what stands behind it: "country isn't for me", "leave the drums out"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from segue.understanding.text import Token

JOINS = frozenset("and or nor".split())
"""Words between what is refused together."""
_SO_ENDS = (
    r"(?: (?:today|now|tonight|anymore|any more|again|please|at all|either|neither|too|as well|po|o|na|sha|abeg|really|sorry))*"
    r"(?=$| (?:but|just|give|play|put|something|another|so|and|only|change|other)\b)"
)
"""What may stand behind a refusal that comes last: "jazz I don't want today"."""
DISOWNED = re.compile(
    r"(?:(?:music|songs?|stuff|bands?|lot|crowd) )?(?:(?:is|are) (?:not|never|really not|so not|just not) (?:really |exactly )?(?:my|for me|our|what i)"
    r"|(?:isnt|arent) (?:really |exactly |quite )?(?:my|for me|our|what i|me$|us$)|gives? me (?:a |the )?(?:headaches?|migraines?|hives|creeps)"
    r"|(?:gets?|getting|grates?) on my \w+|drives? me (?:crazy|nuts|mad|insane|up the wall)|makes? me (?:sick|angry|cringe|want to)"
    r"|(?:but )?i (?:really |just |actually |do )*(?:hate|cant stand|can not stand|cannot stand|loathe|detest|dont like|do not like) (?:it|them|those)\b(?! (?:when|if|to|that|how|for|from|on|in)\b)|(?:i have|ive|i ve|we have|weve|i) (?:heard|had|listened to) (?:it |that |them |him |her )?(?:enough|too (?:much|often|many times)|to death|(?:a (?:million|thousand|hundred)|\d+) times)\b|leaves? me cold|brings? me out in (?:hives|a rash|spots|a sweat)|makes? my (?:skin crawl|ears? bleed|teeth itch|toes curl)|(?:on|in) (?:these|it|this|them|there|here) (?:could|can) (?:we|you) not$|(?:does|do) nothing for me|(?:is|are) (?:out(?! of this| there)|off limits|off the table|banned|forbidden|not allowed|not welcome|awful|terrible"
    r"|horrible|rubbish|the worst|unbearable)\b|freefrom\b|sucks?$|(?:bore|annoy|distract|irritate|bother)s? me\b|puts? me off\b"
    r"|(?:is|are) (?:too |so |very |a bit )*(?:hard|difficult|heavy|strong|complicated|complex|noisy|loud|much|sharp) (?:for|on|to) (?:me|us|my|our)\b|(?:is|are) (?:not|no) (?:needed|necessary|wanted|mine|ours|desired)\b"
    r"|(?:do|does)(?:nt| not) (?:(?:suit|please|interest|convince|attract|touch|move|agree with|sit well with|enter) (?:me|us|my|our)\b|go (?:today|now|with me)\b)"
    r"|(?:its|it is|they are|theyre|thats|that is) (?:really |just |so |just )*not (?:for (?:me|us)\b|(?:my|our) (?:thing|taste|style|cup|music|type|kind|genre|world|vibe|jam|bag|soul|ear)s?\b)"
    r"|no dey (?:enter|sweet|do|gel|work|try|make sense)\b|no (?:dey )?sweet me\b|don (?:tire|taya|do|pass|too much)\b"
    r"|(?:should|must|shall|may|can|will|would)(?:nt| not|t not) be(?: (?:in|inside|there|on|included|present|part|heard|played)\b|$)"
    rf"|(?:also |too )?(?:(?:i|we|me|she|he|they) )?(?:also )?(?:dont|do not|doesnt|cant|cannot|no|not) (?:also )?(?:want|need|needed|offer|like|put|play|wish|support|bear|stand|take|give)(?: to (?:hear|listen to|listen))?(?: (?:it|them|him|her|me|us)(?! \w))?{_SO_ENDS}"
    rf"|(?:also |too )?(?:dont|do not|must not|should not|shouldnt|mustnt|no go|not) (?:also )?be{_SO_ENDS}|(?:(?:ones|songs|music|stuff|things) )?no more{_SO_ENDS}"
    r"|(?:i|we) (?:(?:have |ve )?already (?:finished|know|heard|listened|played|had|did)|(?:have )?finished (?:hearing|listening|with))\b"
    r"|(?:is |are )?not (?:allowed|permitted|welcome|wanted|accepted)\b|(?:is|are) not (?:made |good )?for my (?:age|ears?|generation|taste|heart|head|soul|kids|children|mother|father|wife|husband|mood)\b"
    r"|(?:and (?:me|i) |and my \w+ )?are(?:nt| not| no)(?: \w+)? (?:friends|compatible|a match|meant to be)\b"
    r"|(?:is|are) (?:everywhere|all over|played (?:everywhere|all)|(?:on|in) (?:every|all|the radio)\b).*\b(?:(?:some|any)(?:one|body|thing)|others?|another) (?:else|other than|different|singer|band|artist|one)\b"
    r"|(?:annoy|bore|tire|disturb|irritate|exhaust|depress|bother)s? (?:me|us|my \w+)\b"
    r"|do(?:es)? my head in\b|(?:again )?no (?:thanks|please|abeg|po|lah)\b|is (?:a |pure |real )?(?:torture|nightmare|punishment|suffering)\b|no thank you\b|no way$|excluded|excepted|aside$|not included"
    r"|(?:and )?(?:i ?m|i am|then i ?m|ill|i ll|i will) (?:out|off|gone|leaving|done|leave|go|cry|scream|riot|walk|turn you off|puke)\b"
    r"|(?:can|could|should|may|must) (?:(?:stay|remain|wait) (?:put|out|away|home|at home"
    r"|where (?:it|they|he|she) (?:is|are|belongs?)|(?:in|on) (?:the|its|their|his|her) (?:\w+ )?(?:cupboard|box|shelf"
    r"|drawer|shed|attic|loft|bag|case|garage|cellar|basement|bin|past|cold|naughty step))|get lost|take a hike|do one)|stays? (?:out|away)\b)"
)
"""What is said behind what is refused: "country isn't for me"."""
_OFF = {
    "leave": re.compile(
        r"(?:at home|alone|behind|aside|be|to (?:rest|others)|for (?:now|another (?:day|time)|some other (?:day|time))"
        r"|in (?:the|its|their|his|her) (?:box|case|cupboard|bag|past))\b"
    ),
    "give": re.compile(r"(?:a|the day|the night|the evening) (?:rest|break|miss|wide berth|swerve|off)\b"),
}
"""Where what is left stays, or what it is given: "leave the singers at home", "give the guitars a rest"."""
_LOTS = (["lot"], ["crowd"], ["stuff"], ["songs"], ["bunch"], ["crew"])
"""What may stand behind a name that is left out: "leave that Maxstack lot out"."""
_OUT = frozenset("leave keep cut take filter rule count leaving".split())


def disowned(said: Sequence[Token], meaning: set[int], kinds: Mapping[int, str]) -> tuple[set[int], set[int]]:
    """The tokens that are refused by what stands behind them ("leave the drums out"), and what says so."""
    words, found, idle = [t.word for t in said], set[int](), set[int]()
    for place in sorted(i for i in meaning if i + 1 not in meaning or kinds.get(i) != kinds.get(i + 1)):
        match = DISOWNED.match(" ".join(words[place + 1 :]))
        behind = " ".join(words[place + 1 :])
        behind = behind.split(" ", 1)[-1] if words[place + 1 : place + 2] in _LOTS else behind
        match = match or next((p.match(behind) for verb, p in _OFF.items() if verb in words[:place]), None)
        off = behind.split(" ", 1)[0] in ("out", "away")
        out = off and _OUT & {*words[max(0, place - 4) : place]}
        no = said[place + 1 : place + 3]
        no_more = len(no) < 2 or no[1].begins
        answered = bool(no) and no[0].begins and no[0].word in ("no", "nope", "nah", "never") and no_more
        if match or out or answered:
            idle |= set(range(place + 1, place + 2 + (match[0].count(" ") if match else 0)))
            found |= _run(said, meaning, place, kinds)
    return found, idle


def _run(said: Sequence[Token], meaning: set[int], place: int, kinds: Mapping[int, str]) -> set[int]:
    """The tokens of meaning that are joined up to a place: "rap and country", but not "funk. Rap"."""
    first = place
    while first and (first - 1 in meaning or (said[first - 1].word in JOINS and first - 2 in meaning)):
        if said[first].begins and kinds.get(first - 1) != kinds.get(first):
            break
        first -= 1
    return set(range(first, place + 1))
