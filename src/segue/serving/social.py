"""What is said to a greeting, thanks, praise, a goodbye, or what asks for no music."""

from itertools import pairwise

from segue.serving.phrases import SOCIAL
from segue.understanding import acts, small_talk
from segue.understanding.rewording import reworded
from segue.understanding.text import other_script, tokens

GREETING = "Hello! What would you like to hear?"
THANKS = "You are welcome. Say what you would like to hear next."
BYE = "Goodbye!"
HELP = "Say what you would like to hear: an artist, a title, a mood, a time, an occasion."
PRAISED = "Glad you like it. Say “more” for another one."
ASSENTED = "All right. Say “more” when you want another one."


def social(words: str) -> str:
    """What is said to a greeting, thanks, praise, a goodbye, or what nobody can read."""
    said = tokens(reworded(words))
    line = " ".join(t.word for t in said)
    if acts.STILL.match(line):
        return "All right, nothing plays. Say what you would like to hear when you want music again."
    starts = [i for i, t in enumerate(said) if t.begins]
    clauses = [" ".join(t.word for t in said[a:b]) for a, b in pairwise([*starts, len(said)])]
    if acts.ELSEWHERE.search(line):
        return f"I can only play music. {HELP}"
    if acts.RUDE.match(line):
        return f"Sorry about that. {HELP}"
    told = small_talk.kinds(line)
    if "greet" not in told and any(acts.CLOSES.match(clause) for clause in clauses):
        return BYE
    replies = {"thank": THANKS, "leave": BYE, "greet": GREETING, "praise": PRAISED, "assent": ASSENTED}
    for kind, reply in replies.items():
        if kind in told or (not told and any(f" {start}" in f" {line}" for start in SOCIAL[kind])):
            return reply
    if told:
        return ASSENTED
    if said and all(other_script(t.word) for t in said):
        return f"That I cannot read. {HELP}"
    return HELP
