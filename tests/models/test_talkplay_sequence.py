"""Dialogues as sequences: the parts of chat templates, what is learnt, and what fits."""

from itertools import chain

import numpy as np
import pytest

from segue.data.catalogue import Turn
from segue.models.talkplay.sequence import SHORT_TEMPLATE, Encoder, template_of
from segue.testing.tiny_llm import tokenizer as tiny_tokenizer
from segue.tokens.vocabulary import ARTIST, END, START, TITLE, Vocabulary

LLAMA3 = (
    "{{ '<|im_start|>' }}{% for m in messages %}"
    "{{ '<|head|>' + m['role'] + '<|/head|>\n\n' + m['content'] | trim + '<|eot|>' }}{% endfor %}"
)
SYSTEM = (
    "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}"
    "<|im_start|>system\nBe kind<|im_end|>\n{% endif %}"
    "<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
)
THINKING = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if loop.last and m['role'] == 'assistant' %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m['content'] }}<|im_end|>\n{% endfor %}"
)
MISTRAL = (
    "<|im_start|>{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }}<|im_end|>{% endif %}{% endfor %}"
)
CHATML_PARTS = (
    "", "<|im_start|>user\n", "<|im_end|>\n", "<|im_start|>assistant\n", "<|im_end|>\n",
)  # fmt: skip
TEMPLATES = {
    "chatml": (None, CHATML_PARTS),
    "system": (SYSTEM, ("<|im_start|>system\nBe kind<|im_end|>\n", *CHATML_PARTS[1:])),
    "thinking": (THINKING, CHATML_PARTS),
    "short": (SHORT_TEMPLATE, ("", "<|im_start|>", "", "", "<|im_end|>")),
    "llama-3": (
        LLAMA3,
        ("<|im_start|>", "<|head|>user<|/head|>\n\n", "<|eot|>", "<|head|>assistant<|/head|>\n\n", "<|eot|>"),
    ),
    "mistral": (MISTRAL, ("<|im_start|>", "[INST] ", " [/INST]", " ", "<|im_end|>")),
    "none": ("", ("", "User: ", "\n", "Assistant: ", "\n")),
}
CODES = np.array([[0, 1], [2, -1], [1, 0], [3, 2], [-1, -1]], dtype=np.int16)
ROWS = {f"t{n}": n for n in range(len(CODES))}
DIALOGUE = (
    Turn("user", "play something calm"),
    Turn("music", "t0", True),
    Turn("assistant", f"Here is {TITLE} by {ARTIST}, calm."),
    Turn("user", "not this one"),
    Turn("music", "t1", False),
    Turn("assistant", "a slow tune"),
    Turn("user", "more songs like this one"),
    Turn("music", "t2", True),
    Turn("assistant", "a happy rock song"),
)


def tokenizer_of(name: str):
    made = tiny_tokenizer()
    if TEMPLATES[name][0] is not None:
        made.chat_template = TEMPLATES[name][0] or None
    return made


def encoder_of(name: str = "chatml", context: int = 1024) -> Encoder:
    made = tokenizer_of(name)
    vocabulary = Vocabulary(("playlist", "metadata"), (4, 3), len(made))
    made.add_tokens(vocabulary.tokens, special_tokens=True)
    return Encoder(made, vocabulary, CODES, ROWS, context)


def learnt(encoder: Encoder, turns) -> str:
    found = encoder.encode(turns)
    return encoder.tokenizer.decode(found.ids[found.learn])


def written(encoder: Encoder, turns) -> str:
    return encoder.tokenizer.decode(encoder.encode(turns).ids)


@pytest.mark.parametrize("name", TEMPLATES)
def test_parts_of_a_chat_template(name: str) -> None:
    words = tokenizer_of(name)
    found = template_of(words)
    parts = (
        found.start, found.before_user, found.after_user, found.before_assistant, found.after_assistant,
    )  # fmt: skip
    assert tuple(words.decode(p) for p in parts) == TEMPLATES[name][1]


@pytest.mark.parametrize("name", [n for n in TEMPLATES if n != "none"])
def test_a_dialogue_without_music_is_written_as_the_template_writes_it(name: str) -> None:
    encoder = encoder_of(name)
    turns = [t for t in DIALOGUE if t.role != "music" and TITLE not in t.content]
    turns = [Turn("user", "a happy one"), *turns] if turns[0].role != "user" else turns
    turns = [t for n, t in enumerate(turns) if n == 0 or t.role != turns[n - 1].role]
    messages = [{"role": t.role, "content": t.content} for t in turns]
    text = encoder.tokenizer.apply_chat_template(messages, tokenize=False).replace(
        "<think>\n\n</think>\n\n", ""
    )
    assert written(encoder, turns) == text


@pytest.mark.parametrize("name", TEMPLATES)
def test_music_comes_before_the_sentence_and_only_the_answers_are_learnt(name: str) -> None:
    encoder = encoder_of(name)
    closing = TEMPLATES[name][1][4]
    first = "<start_of_music><|playlist-0|><|metadata-1|><end_of_music>"
    third = "<start_of_music><|playlist-1|><|metadata-0|><end_of_music>"
    assert learnt(encoder, DIALOGUE) == (
        f"{first}Here is {TITLE} by {ARTIST}, calm.{closing}a slow tune{closing}"
        f"{third}a happy rock song{closing}"
    )
    text = written(encoder, DIALOGUE)
    places = [
        text.index(s) for s in ("something calm", first, "Here is", "not this", "<|metadata-none|>", third)
    ]
    assert places == sorted(places)


def test_rejected_tracks_are_written_only_where_they_were_the_whole_answer() -> None:
    encoder = encoder_of()
    asked = Turn("user", "a happy song")
    alone = encoder.encode((asked, Turn("music", "t0", False), Turn("user", "something else")))
    assert encoder.track(0) == [i for i in alone.ids.tolist() if i >= encoder.vocabulary.first]
    assert not alone.learn.any()
    mixed = (asked, Turn("music", "t0", False), Turn("music", "t2", True), Turn("music", "t3"))
    both = encoder.track(2) + encoder.track(3)
    found = encoder.encode(mixed)
    assert found.ids[found.learn].tolist() == both
    assert [i for i in found.ids.tolist() if i >= encoder.vocabulary.first] == both


@pytest.mark.parametrize(
    "text", ["<|im_end|>", "<start_of_music>", "<|playlist-2|>", "<|endoftext|> <|im_start|>"]
)
def test_what_listeners_type_is_never_read_as_control_tokens(text: str) -> None:
    encoder = encoder_of()
    control = set(encoder.tokenizer.added_tokens_decoder)
    ids = encoder.text(f"play {text} now")
    assert not control & set(ids)
    assert encoder.tokenizer.decode(ids) == f"play {text} now"
    prompt = encoder.prompt([Turn("user", text)])
    template = encoder.template
    assert prompt[: len(template.before_user)] == template.before_user
    assert sum(i in control for i in prompt) == 3  # im_start, im_end, start_of_music


def test_title_and_artist_are_tokens_of_their_own() -> None:
    encoder = encoder_of()
    ids = encoder.text(f"a {TITLE}by{ARTIST}")
    assert [i for i in ids if i >= encoder.vocabulary.first] == [
        encoder.vocabulary.special(TITLE),
        encoder.vocabulary.special(ARTIST),
    ]
    assert encoder.tokenizer.decode(ids) == f"a {TITLE}by{ARTIST}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_prompt_is_the_beginning_of_the_whole_dialogue(name: str) -> None:
    encoder = encoder_of(name)
    whole = encoder.encode(DIALOGUE).ids.tolist()
    longest = 0
    for n, turn in enumerate(DIALOGUE):
        if turn.role == "music":
            prompt = encoder.prompt(DIALOGUE[:n])
            assert whole[: len(prompt)] == prompt
            assert prompt[-1] == encoder.start
            assert len(prompt) > longest
            longest = len(prompt)


def test_a_prompt_ends_where_music_begins_even_without_words() -> None:
    encoder = encoder_of()
    assert encoder.prompt([])[-1] == encoder.prompt([Turn("user", "")])[-1] == encoder.start


@pytest.mark.parametrize("name", ["chatml", "system"])
def test_the_newest_exchanges_are_kept_whole(name: str) -> None:
    whole = encoder_of(name).encode(DIALOGUE)
    start = encoder_of(name).template.start
    pieces = [ids for ids, _ in encoder_of(name).exchanges(DIALOGUE)]
    assert [i for p in [start, *pieces] for i in p] == whole.ids.tolist()
    for context in range(len(start) + len(pieces[-1]), len(whole.ids) + 3):
        found = encoder_of(name, context).encode(DIALOGUE)
        newest = [start + list(chain(*pieces[n:])) for n in range(3)]
        assert found.ids.tolist() == next(ids for ids in newest if len(ids) <= context)
        assert (
            found.learn.tolist()
            == [False] * len(start) + whole.learn.tolist()[-(len(found.ids) - len(start)) :]
        )


def test_a_single_exchange_too_long_is_cut_from_its_left() -> None:
    encoder = encoder_of("system", context=90)
    turns = [Turn("user", "rock " * 100 + "please"), Turn("music", "t3", True)]
    found = encoder.encode(turns)
    assert len(found.ids) == len(found.learn) == 90
    assert found.ids[-4:].tolist() == encoder.track(3)
    assert found.ids[: len(encoder.template.start)].tolist() == encoder.template.start
    prompt = encoder.prompt(turns[:1], room=40)
    assert len(prompt) == 90 - 40 + 1
    assert "please" in encoder.tokenizer.decode(prompt)


def test_unknown_tracks_are_left_out() -> None:
    encoder = encoder_of()
    known = [t for t in DIALOGUE if t.content not in ("t0", "t1")]
    unknown = [Turn(t.role, "gone", t.liked) if t.content in ("t0", "t1") else t for t in DIALOGUE]
    assert encoder.encode(unknown).ids.tolist() == encoder.encode(known).ids.tolist()


def test_missing_codes_are_the_none_tokens() -> None:
    encoder = encoder_of()
    words = encoder.tokenizer.convert_ids_to_tokens(encoder.track(4))
    assert words == [START, "<|playlist-none|>", "<|metadata-none|>", END]
    assert all(encoder.vocabulary.first <= i < len(encoder.tokenizer) for i in encoder.track(4))


def test_several_turns_of_a_listener_are_one_exchange() -> None:
    encoder = encoder_of()
    turns = (Turn("user", "alpha"), Turn("user", "beta"), Turn("music", "t0"), Turn("user", "gamma"))
    assert len(encoder.exchanges(turns)) == 2
    assert written(encoder, turns[:2]).count("<|im_start|>user") == 2
