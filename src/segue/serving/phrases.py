"""The words of which sentences are made."""

NAMING = (
    "“{t}” by {a}", "{a} with “{t}”", "“{t}”, by {a}", "{a}: “{t}”", "“{t}” from {a}",
    "“{t}” ({a})",
)  # fmt: skip
FORMS = (
    "Here is {n}, {p}.", "{n}: {p}.", "How about {n}? It is {p}.", "Try {n}, {p}.", "This is {n}, {p}.",
    "I picked {n}, {p}.", "For you, {n}: {p}.", "Let me play {n}, {p}.", "Now playing {n}, {p}.",
    "Listen to {n}, {p}.", "{n} it is: {p}.", "I would go with {n}, {p}.", "My choice is {n}, {p}.",
    "Then {n}: {p}.",
)  # fmt: skip
NEAREST = (
    "The nearest that I find is {n}, {p}.",
    "What comes nearest is {n}, {p}.",
)
INSTEAD = (
    "Perhaps {n}, {p}.",
    "Instead there is {n}, {p}.",
    "How about {n} instead? It is {p}.",
    "Something else, then: {n}, {p}.",
)
LISTS = (
    "Here are {k} tracks, beginning with {n}.",
    "{k} tracks, and the first is {n}.",
    "{k} tracks for you. First {n}.",
    "A list of {k}: it begins with {n}.",
)
AGAIN = (
    "Once more: {n}.",
    "Again, {n}.",
    "Here it is again: {n}.",
    "With pleasure, once more {n}.",
    "One more time: {n}.",
)
NEXT = (
    "Next, {n}, {p}.",
    "Another one: {n}, {p}.",
    "Going on with {n}, {p}.",
    "Staying with it: {n}, {p}.",
    "And {n}, {p}.",
)
OTHER = (
    "Not that one, then: {n}, {p}.",
    "Something else: {n}, {p}.",
    "All right, instead {n}, {p}.",
    "Skipped; now {n}, {p}.",
)
TAILS = (
    ", as you wished",
    ", just as you asked",
    ", like you wanted",
    ", as asked",
    ", which is what you asked for",
)
VAGUE = frozenset(
    (
        "beat",
        "beats",
        "woman",
        "man",
        "female",
        "male",
        "vocal",
        "voice",
        "female vocal",
        "male vocal",
        "acoustic",
    )
)
"""Tags that make no sentence."""
NOUNS = ("track", "tune", "number", "recording", "one")
LANGUAGES = {
    "fr": "French",
    "de": "German",
    "es": "Spanish",
    "en": "English",
    "it": "Italian",
    "pt": "Portuguese",
}
LANGUAGES |= {
    "nl": "Dutch",
    "ja": "Japanese",
    "ru": "Russian",
    "sv": "Swedish",
    "pl": "Polish",
    "ca": "Catalan",
}
THAN = {"better known": "better known than", "less known": "less known than"}
