"""The gates on made segments: each one closes where it should and not before."""

from collections.abc import Sequence

import pytest

from segue.describe.gates import ENGLISH_ONLY, Gates, Segment, Verdict, joined, judge, words_of


def line(text: str, log_prob: float = -0.4, no_speech: float = 0.1, compression: float = 1.5) -> Segment:
    return Segment(text, log_prob, no_speech, compression)


def distinct(n_lines: int, per_line: int = 5) -> list[Segment]:
    return [line(" ".join(f"w{i}x{j}" for j in range(per_line))) for i in range(n_lines)]


def judged(segments: Sequence[Segment], seconds: float = 60, gates: Gates | None = None) -> Verdict:
    return judge(segments, seconds, gates or Gates())


def test_a_clear_song_is_accepted_with_what_was_counted():
    assert judged(distinct(8)) == Verdict("accepted", "", 40, 0.0)


def test_nothing_heard_is_no_lyrics():
    assert judged([]).status == "no lyrics"
    assert judged([line("..."), line("♪ ♪")]) == Verdict("no lyrics", "no voice was heard", 0, 0.0)


def test_what_is_heard_in_instruments_is_no_lyrics():
    verdict = judged([line("Thank you so much for watching and see you next time!", -1.2, 0.85)], 200)
    assert verdict.status == "no lyrics"
    assert "no voice" in verdict.reason
    assert judged(distinct(8)[:2] + [line("a b c d e", no_speech=0.9)] * 3).status == "no lyrics"


@pytest.mark.parametrize(("n_words", "status"), [(14, "no lyrics"), (15, "accepted")])
def test_fifteen_words_are_the_least(n_words, status):
    assert judged(distinct(n_words, per_line=1)).status == status


@pytest.mark.parametrize(("seconds", "status"), [(300, "accepted"), (301, "no lyrics")])
def test_eight_words_a_minute_of_the_whole_track_are_the_least(seconds, status):
    assert judged(distinct(8), seconds).status == status


@pytest.mark.parametrize(("n_bad", "status"), [(34, "accepted"), (35, "unsure")])
@pytest.mark.parametrize("fault", [{"log_prob": -1.01}, {"no_speech": 0.61}, {"compression": 3.31}])
def test_the_share_of_bad_segments_must_stay_under_the_paper_s(n_bad, status, fault):
    good = distinct(100 - n_bad)
    bad = [line(f"a{i} b{i} c{i}", **fault) for i in range(n_bad)]
    verdict = judged(good + bad)
    assert verdict.status == status
    assert verdict.share_bad == n_bad / 100
    on_the_line = {"log_prob": -1.0, "no_speech": 0.6, "compression": 3.3}
    assert judged([*good, *[line(s.text, **on_the_line) for s in bad]]).share_bad == 0


@pytest.mark.parametrize(("n_distinct", "status"), [(25, "accepted"), (24, "unsure")])
def test_a_quarter_of_the_words_must_differ(n_distinct, status):
    words = [f"w{i % n_distinct}" for i in range(100)]
    assert judged([line(" ".join(words))]).status == status


def test_a_loop_is_refused_however_sure_the_model_is():
    heard = [line("I love you", -0.2, 0.3, compression=12.0) for _ in range(28)]
    assert judged(heard, 160).status == "unsure"
    assert judged(heard, 160, ENGLISH_ONLY).status == "unsure"


def test_english_only_models_must_be_surer_and_may_doubt_that_it_is_speech():
    sung = [line(s.text, no_speech=0.7) for s in distinct(8)]
    assert judged(sung).status == "no lyrics"
    assert judged(sung, 60, ENGLISH_ONLY).status == "accepted"
    foreign = [line(s.text, log_prob=-0.8) for s in distinct(8)]
    assert judged(foreign).status == "accepted"
    refused = judged(foreign, 60, ENGLISH_ONLY)
    assert refused.status == "unsure"
    assert "-0.80" in refused.reason


def test_how_sure_counts_by_words():
    long_clear, short_unclear = line(" ".join(f"a{i}" for i in range(90)), -0.5), line("b c", -0.99)
    assert judged([long_clear, short_unclear, short_unclear], 60, ENGLISH_ONLY).status == "accepted"


def test_words_of_any_script():
    assert words_of("Don't stop — l’été, ÄÖ 99 x_y!") == ["don't", "stop", "l’été", "äö", "99", "x", "y"]
    assert words_of("愛の歌 love") == ["愛", "の", "歌", "love"]
    assert words_of("Я тебя люблю") == ["я", "тебя", "люблю"]
    assert words_of("사랑해 너를") == ["사랑해", "너를"]


def test_the_text_has_a_line_a_segment():
    assert joined([line(" one "), line(" "), line("two")]) == "one\ntwo"
