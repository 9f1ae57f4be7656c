"""A way from one to the other in other words: an arrow, a bridge, steps between two."""

from __future__ import annotations

import re
from collections.abc import Callable

_ARROW = re.compile(
    r"^\s*(?:(?:[\w' ]+ )?(?:transition|path|route|way|bridge|journey|segue|mix|set|playlist):? )?(?:from )?(.+?)\s*(?:→|➡|⟶|-+>|=>)\s*(.+)$",
    re.IGNORECASE,
)
"""A way that is drawn: "Bowie → Beyoncé in five"."""
_ARROWS = re.compile(
    r"^\s*(?:from )?(?P<a>[^→➡⟶>,.;]+?)\s*(?:→|➡|⟶|-+>|=>)\s*(?P<mid>[^,.;]+?)\s*(?:→|➡|⟶|-+>|=>)\s*(?P<b>[^→➡⟶>,.;]+?)"
    r"(?P<rest>\s*(?:[,.;]| in \w+\b).*)?$",
    re.IGNORECASE,
)
"""A way that is drawn over others: "Dolly → Beyoncé → Lady Gaga"."""
_ARROWHEAD = re.compile(r"\s*(?:→|➡|⟶|-+>|=>)\s*")
_GAP = re.compile(r"\b(?:bridge|close|span|cross|fill) the gap between (.+?) and ([^,.;!?]+)", re.IGNORECASE)
_MORPH = re.compile(
    r"^(\W*(?:(?:ok|please|now|can|could|would|you|i|want|to|lets|let['’]s) )*)(?:morph|turn|transform|melt|fade|dissolve)"
    r" (?!(?:it|that|this|me|us|the|them|up|down|off|on|over|my)\b)((?:[\w'’&.-]+ ){1,5}?)into ([^,.;!?]+)",
    re.IGNORECASE,
)
_THEN_TO = re.compile(
    r"^\W*([\w'’&-]{1,30}(?: [\w'’&-]{1,30}){0,4}?)[,.… ]{1,5}(?:and )?then (?:(?:slowly|gradually|gently|bit by bit|step by step|on|over) )+"
    r"(?:in)?(?:to|towards) (?=\w)",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"\b(?:(?:the|a) )?(?:(?P<short>shortest|quickest|fastest|most direct|(?:quick|short)(?! (?:way|road)))"
    r"|(?P<long>longest|scenic|slowest|long(?! (?:way|road))))(?: possible)? (?:way|route|path|road|trip|journey|bridge) from (?P<ends>(?!(?:this|that|here|there|it)\b)[^,.;!?]{1,45}? to [^,.;!?]+)",
    re.IGNORECASE,
)
_STEPS = r"(?:titles|songs?|tracks?|steps?|stops?|tunes?|hops?|pieces?|numbers|moves)"
_MANY = r"(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_BRIDGE = re.compile(
    r"\b(?:(?:build|make|draw|find|lay|take)(?: me| us)? )?(?:a |the )?(?:(?:musical|smooth|gentle|nice) )?"
    rf"(?:bridge|path|journey|route|road|transition|passage|segue|(?<!half )(?<!mid )way)((?:,? (?:of|in|with))? {_MANY} {_STEPS},?)? between (.+?) and (.+)$",
    re.IGNORECASE,
)
_STEPS_BETWEEN = re.compile(
    r"\b(\w+ (?:\w+ )?(?:steps?|stops?|hops?|stages?|stepping stones)) (?:between|to get from)"
    r" (.+?) (?:and|to) ([^,.;!?]+)",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"\b(ease|move|take|get|lead|bring|guide|slide|glide|drift|walk|slip|shift|steer|coax|wean|go|fade|morph)"
    r"( me| us| things)?(?: (?:gently|slowly|gradually|softly|smoothly))? (?:out of|away from|off)"
    r" ((?:[\w'’&-]+ ){1,4}?)(?:and )?(?:over |on )?(into|to|towards|onto) (.+)$",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"^(\W*(?:(?:ok|please|now|can|could|would|you|i|want|to|lets|let['’]s) )*)(?:connect|link|join|bridge)"
    r"(?: up)? (.+?) (?:with|to|and) ([^,.;!?]+)",
    re.IGNORECASE,
)
_THROUGH = re.compile(
    r"^\W*(?!(?:play|hear|listen|go|get|skip|keep|i|we|it|let|lets|move|take|put|jump|walk|hop|carry|from|read"
    r"|this|that|these)\b)((?:[\w'’&.-]+ ){1,5}?)(?:all the way |right |straight )?(?:through|all the way)"
    r" to ((?!(?:the|its) end\b)\S.*)$",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    rf"[,.;]? *\b(?:take|taking|use|using|spend|give it|make it|you have|you(?:['’]ve| have)? got)"
    rf"(?: (?:about|just|only|exactly))* ({_MANY}) {_STEPS}"
    r"(?: (?:over|for|on) (?:it|that|this)| to (?:get there|do it|do that))?(?=[ .,!?]*$)",
    re.IGNORECASE,
)
_FEWEST = re.compile(
    rf"[,.;]? *(?:\b(?:in|with|using) )?\b(?:as (?:few|little) (?:{_STEPS} )?as (?:(?:you|i|we) (?:can|could)(?: manage)?|possible)"
    rf"|the fewest (?:possible )?{_STEPS}(?: possible)?|as (?:short|quick|quickly|direct|directly) as (?:possible|you can))",
    re.IGNORECASE,
)
_FEW, _MANY_STEPS = 3, 9
"""Tracks of the shortest way."""
_NO_END = (
    r"(?!(?:i|we|you|it|its|it['’]s|he|she|they|this|that|these|those|there|what|who|how|where|when|which|whose"
    r"|play|hear|listen|listening|go|going|get|skip|keep|let|lets|let['’]s|move|take|put|jump|hop|carry|read|add|back"
    r"|turn|change|switch|bring|give|show|tell|make|start|begin|send|dance|dancing to|sing|relax|work|need|want|wanna"
    r"|like|love|try|drop|songs?|music|tracks?|tunes?|something|anything|nothing|somebody|someone|stuff|thanks|next"
    r"|hello|hi|hey|welcome|good|hard|easy|ready|time|used|due|close|similar|similarly|have|has|got|ok|okay|and|but"
    r"|please|no|yes|can|could|would|will|from|between|end|finish|a playlist|playlist|list|one|ones|another|more"
    r"|here|now|then|so|how|up|down|on|off|just|only|not|never|always|perfect|best|great)\b)"
)
"""What a way does not begin with where no "from" says so."""
_END = r"[^\s,.;!?][^,.;!?]{0,38}?"
_UNSAID = re.compile(
    rf"^\W*(?:(?:ok|so|hey|now|and|please|maybe|how about|what about|then|next)[, ]+)*(?P<a>{_NO_END}(?:(?!\b(?:from|between)\b)[^,.;!?]){{1,40}}?)"
    rf" (?:in)?to (?P<b>(?!(?:the|that|this|it|me|us|my)\b){_END})(?P<how>,?(?: (?:gently|slowly|smoothly|gradually|softly|step by step|bit by bit),?)? (?:but )?(?:(?:in|with|within|over|using) (?:just |only |exactly |about )?{_MANY}\b"
    rf"(?! (?:min|hour|second|day|beat|bpm|languages))|{_MANY} {_STEPS}(?! (?:like|similar))|via\b|by way of\b)|, ?{_MANY}\b(?! (?!{_STEPS})\w))",
    re.IGNORECASE,
)
"""A way of which only the ends and how long it is are said: "dancing queen to enter sandman in six"."""
_MIDWAY = re.compile(
    r"\bfrom ([^,.;!?]{1,45}?),? (?:and )?(?:via|by way of|(?<!bridge )(?<!jump )(?<!roll )(?<!rolling )(?<!all )over"
    r"(?! (?:to|the rainbow|you|me|and over)\b)|past|going through|passing through"
    r"|with a (?:stop|detour|pit stop) (?:at|by|in)|stopping (?:at|off at|by)) ([^,.;!?]{1,45}?),? (?:and )?(?:then )?(?:on )?(?:to|into|till)"
    rf" ([^,.;!?]{{1,45}}?)(?=,? (?:in|with) {_MANY}\b|,? {_MANY} {_STEPS}|[,.;!?]|$| please)",
    re.IGNORECASE,
)
_NOUN = re.compile(
    rf"(?<=\w )(?:route|trip|path|journey|bridge|transition|segue)"
    rf" (?!(?:of|back|there|through|with|where|which|into|across|over|around|home)\b){_NO_END}({_END}) to (?={_NO_END})",
    re.IGNORECASE,
)
"""A way that is named as such: "a route Fela Kuti to Talking Heads"."""
_FIRST_LAST = re.compile(
    rf"^\W*(?:start with |begin with )?(?!(?:{_MANY}|a|an|one|some|something|play)\b)([^,.;!?]+?)(?: first)?,? (?:and )?then ({_MANY}|one)(?: (?:other|more|different))*(?: (?:others?|ones|{_STEPS}))?(?: in ?between)?,?"
    r" (?:and )?(?:then|finally|lastly) ([^,.;!?]+?)(?: (?:to (?:finish|close|end)|last|at the end))?[ .!]*$",
    re.IGNORECASE,
)
_FIRST_ENDS = re.compile(
    rf"^\W*(?:(?:ok|now|and|please|some),? )*{_NO_END}([^,.;!?]{{1,40}}?) first,? (?:and |but |then )*"
    r"(?:end|finish|close)(?:ing)?(?: up| off| it)? (?:in|on|with|at) ([^,.;!?]+)",
    re.IGNORECASE,
)
"""A way by its ends alone: "metal first and end in classical"."""
_COUNTED = re.compile(
    rf"^(\W*(?:.*\b)?{_MANY} {_STEPS}(?: set| mix)?)(?:[,:;]|,? (?:that )?(?:go|goes|going|move|moves|moving))?"
    rf" {_NO_END}({_END}) into {_NO_END}({_END})(?=[,.;!?]|$)",
    re.IGNORECASE,
)
"""A way behind how long it is: "8 tracks, deep house into techno"."""
_GOES = r"(?: (?:goes|comes|plays|is|should (?:be|go|come)|has to (?:be|go|come)|must (?:be|go|come)|to (?:be|go|come)|being|going))?"
_BOTH_ENDS = re.compile(
    rf"^\W*(?:(?:ok|so|now|and|please|right|have|put|with|i want|make)[, ]+)*{_NO_END}([^,.;!?]{{1,40}}?){_GOES} (?:first|at the (?:start|front|top))\b(?! then)[,;]?"
    rf" (?:and |then |but |with )*{_NO_END}([^,.;!?]{{1,40}}?){_GOES} (?:last|at the (?:very )?(?:end|back|bottom))\b(.*)$",
    re.IGNORECASE,
)
"""A way by what stands at its ends: "Jolene goes first, Enter Sandman goes last"."""
_IN_FIRST = re.compile(
    rf"^\W*(?:and |ok |now )*(?:in|with) ({_MANY})(?: {_STEPS})?[:,;–-]+ {_NO_END}([^,.;!?]{{1,40}}?) to ([^,.;!?]+)",
    re.IGNORECASE,
)
"""A way behind how long it is: "In four: ABBA to Queen"."""
_EACH_END = re.compile(
    rf"(?:(?<=^)|(?<=[:,;] )|(?<=with )){_NO_END}([^,.;:!?]{{1,40}}?) (?:at|on) (?:the )?one (?:end|side)[,;]? (?:and )?{_NO_END}([^,.;!?]{{1,40}}?)"
    r" (?:at|on) the other(?: (?:end|side|one))?\b",
    re.IGNORECASE,
)
_START_BRING = re.compile(
    r"\b(?:start|begin|open|kick off|set off|pick)(?:ing)?(?: (?:me|us|things|it|off|out|up))* (?:at|with|from|in|on) ([^,.;!?]{2,45}?),? (?:and )?(?:then )?"
    r"(?:bring|take|lead|get|walk|ease|move|drop|lower|lift|carry|deliver|guide|work|land|drift)(?:ing)?(?: (?:me|us|it|things))?(?: (?:down|up|over|back|slowly|gently|gradually|softly|on|all the way|its|my|your|way))* (?:to|into|towards|at|in|on) (?=\w)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    rf",? (?:by way of|via|over|with|through) ({_MANY}) (?:others?|other {_STEPS})(?: in ?between)?(?=\W*$)",
    re.IGNORECASE,
)
_DEPARTS = re.compile(
    r"\bdepart(?:ure|ing|s)?:? (?:from |at |with )?([^,.;!?]{2,45}?)[,;]? (?:and )?(?:arriv(?:al|ing|es?)|destination):? (?:at |in |with )?(?=\w)",
    re.IGNORECASE,
)
_ON = r"set (?:off|out)|depart|leave|board|get on|take off|hop on"
_OFF = r"alight|get (?:off|out)|hop off|arrive|land|pull in|wind up|come out"
_RIDE = r"(?:s|ing)? (?:at|from|in|with|on) ([^,.;!?]{2,45}?),? (?:and |then |, )*(?:(?:we|i|it|you) )?"
_BOARD = re.compile(
    rf"\b(?:(?:we|i|it|you|let['’]?s|lets) )?(?:(?:{_ON}){_RIDE}(?:{_OFF}|end(?: up)?|finish|stop)"
    rf"|(?:start|begin){_RIDE}(?:{_OFF}))(?:s|ing)? (?:at|in|with|on) (?=\w)",
    re.IGNORECASE,
)
"""A way as a ride: "we start at Bob Marley and alight at Fela Kuti"."""
_TWO = re.compile(
    rf"^\W*{_NO_END}([a-z][\w'’ ]{{2,25}}?) 2 ([a-z][\w'’ ]{{2,25}}?),? (?:in )?({_MANY}) {_STEPS}\b",
    re.IGNORECASE,
)
"""A way typed short: "nirvana 2 eminem 5 songs"."""
_PLACED = re.compile(
    r"^(?:swap|switch|flip|remove|drop|delete|replace|lose|exchange|take|keep|only|both)\b|(?:^|\bthe|\bthe very)$",
    re.IGNORECASE,
)
_LATER_AT = re.compile(
    rf"^\W*(?:.{{0,20}}\b)?(?:start|begin|open|set off|kick off)(?:ing|s)? (?:off |out )?(?:with|at|from|on|in) ([^,.;!?]{{1,50}}?)[,;]? (?:and )?"
    rf"({_MANY} {_STEPS}) (?:later|after(?:wards)?|on|further(?: on)?|down the (?:line|road))\b[,;]? (?:(?:i|we|you|it|want|wanna|to|should|would|like|d|ll|will|be|am|are|is|end|up|arrive|land|get|have|must) )*"
    r"(?:at|in|on|with|to|near) ([^,.;!?]+)",
    re.IGNORECASE,
)
_BECOMES = re.compile(
    rf"(?:(?<=^)|(?<=[,.:;] )|(?<= of )|(?<=songs )|(?<=tracks ))(?:from )?(?!{_MANY}\b){_NO_END}"
    r"((?:[\w'’&.-]+ ){0,3}?[\w'’&.-]+)"
    r" (?:(?:that|which) )?(?:(?:slowly|gradually|gently|softly|smoothly|eventually|then) )*"
    r"(?:turn|morph|melt|fade|chang|evolv|transform|dissolv|blossom|grow|build|shift|slid|drift|eas|bleed|blend)"
    r"(?:s|ing|es|ding)?(?: (?:slowly|gradually|gently|softly|smoothly|over))*"
    rf" into {_NO_END}(?=\w)",
    re.IGNORECASE,
)
"""What becomes another: "gospel slowly turning into house"."""
_TO = re.compile(r"\b(?:in|on)?to\b|→|->", re.IGNORECASE)
_WHOLLY = re.compile(
    r"\b(into|to|onto|towards) (?:full[- ]on|full[- ]blown|all[- ]out|flat[- ]out|proper|outright|downright) (?=\w)",
    re.IGNORECASE,
)
"""Before an end: what only says how much: "from calm into full on party"."""


def way_in_full(text: str) -> str:
    """A text with a way as "from X to Y": "five steps between X and Y", "ease us out of X into Y"."""
    text = _TWO.sub(r"from \1 to \2 in \3 songs", text)
    text = _OUT_OF.sub(r"\1\2 from \3\4 \5", _ARROWS.sub(_over, _WHOLLY.sub(r"\1 ", text)))
    text = _BOTH_ENDS.sub(_between_both, _LATER_AT.sub(r"from \1 to \3 in \2", text))
    text = _START_BRING.sub(
        r"from \1 to ", _BOARD.sub(lambda m: f"from {m[1] or m[2]} to ", _DEPARTS.sub(r"from \1 to ", text))
    )
    text = _OTHERS.sub(r", \1 in between", text) if _TO.search(text) else text
    text = _BECOMES.sub(
        r"from \1 to ", _EACH_END.sub(r"from \1 to \2", _IN_FIRST.sub(r"from \2 to \3 in \1", text))
    )
    text = _COUNTED.sub(r"\1 from \2 to \3", text)
    text = _GAP.sub(r"take me from \1 to \2", _MORPH.sub(r"\1take me from \2to \3", text))
    text = _LENGTH.sub(_as_long, _THEN_TO.sub(r"from \1 to ", text))
    if _TO.search(text):
        text = _TAKEN.sub(r" in \1 songs", _FEWEST.sub(f" in {_FEW} songs", text))
    text = _FIRST_LAST.sub(r"from \1 to \3, \2 in between", text)
    text = _FIRST_ENDS.sub(r"from \1 to \2", text)
    text = _MIDWAY.sub(r"from \1 to \3 via \2", _UNSAID.sub(r"from \g<a> to \g<b>\g<how>", text))
    text = _NOUN.sub(r"route from \1 to ", text)
    text = _BRIDGE.sub(r"from \2 to \3\1", _ARROW.sub(r"from \1 to \2", text))
    text = _THROUGH.sub(r"from \1to \2", text)
    text = _STEPS_BETWEEN.sub(r"from \2 to \3 in \1", text)
    return _JOINED.sub(r"\1take me from \2 to \3", text)


def _over(match: re.Match[str]) -> str:
    """A drawn way in words: "from Dolly to Lady Gaga via Beyoncé"."""
    return (
        f"from {match['a']} to {match['b']} via {_ARROWHEAD.sub(' and ', match['mid'])}{match['rest'] or ''}"
    )


def _between_both(match: re.Match[str]) -> str:
    """A way by what stands at its ends; "swap the first and the last" names none."""
    named = not any(_PLACED.search(end) for end in match.groups()[:2])
    return f"from {match[1]} to {match[2]}{match[3]}" if named else match[0]


def _as_long(match: re.Match[str]) -> str:
    """The shortest way, or the scenic one, with how many songs it has, where none are said."""
    told = re.search(rf"\b{_MANY}\b", match["ends"])
    return f"from {match['ends']}" + ("" if told else f" in {_FEW if match['short'] else _MANY_STEPS} songs")


_STATION = re.compile(
    r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|last|final|next|middle|one|another|each|every"
    r"|\d(?:st|nd|rd|th)) (?:stop|station|stage|hop|leg)\b",
    re.IGNORECASE,
)


_STOP_AT = re.compile(
    rf"\b(?:stop|station|stage|hop|leg) (?:number |no\.? )?(\d{{1,2}}|one|{_MANY})\b", re.IGNORECASE
)


_NAMED = r"[\w'’]+(?: [\w'’]+)"
_QUOTED = re.compile(
    rf"\bfrom ({_NAMED}{{1,5}}?) to ({_NAMED}{{0,5}}?)(?= in (?:\d|\w+ {_STEPS})|[,.;]|$)", re.IGNORECASE
)
_BARE = re.compile(rf"^\W*(?P<a>{_NAMED}{{0,6}}?) to (?P<b>{_NAMED}{{0,6}}?),? in \w", re.IGNORECASE)


def ends_quoted(text: str, is_title: Callable[[str], bool]) -> str:
    """A way between titles of everyday words with these as titles: "from let it go to Enter Sandman"."""
    if (bare := _BARE.match(text)) and is_title(bare["a"]) and is_title(bare["b"]):
        return f'from "{bare["a"]}" to "{bare["b"]}"{text[bare.end("b") :]}'
    match = _QUOTED.search(text)
    if not match:
        return text
    first, last = (f'"{end}"' if " " in end and is_title(end) else end for end in match.groups())
    return f"{text[: match.start(1)]}{first} to {last}{text[match.end(2) :]}"


_CLIMB = re.compile(
    r"(?<=\b(?:that|this|same) )(?:climb|arc|curve|progression|ride|build(?:[ -]?up)?|descent|voyage|walk|tour|transition)\b",
    re.IGNORECASE,
)


def of_songs(text: str) -> str:
    """What is said of a way with its stations as the songs that they are: "swap the second station"."""
    text = _CLIMB.sub("way", text)
    return _STOP_AT.sub(r"song \1", _STATION.sub(r"\1 song", text))
