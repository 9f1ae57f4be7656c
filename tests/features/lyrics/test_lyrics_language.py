import pytest

from segue.encoders.language import language_of

pytest.importorskip("py3langid")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I walk alone through the town\nand nobody knows my name", "en"),
        ("Ich gehe allein durch die Stadt\nund keiner kennt meinen Namen", "de"),
        ("Camino solo por la ciudad\ny nadie sabe mi nombre", "es"),
        ("Je marche seul dans la ville\net personne ne connaît mon nom", "fr"),
        ("僕は一人で街を歩く 誰も僕の名前を知らない", "ja"),
        ("Я иду один по городу и никто не знает моего имени", "ru"),
    ],
)
def test_the_language_of_a_few_lines(text, code):
    for form in (text, text.upper()):
        found, probability = language_of(form)
        assert found == code
        assert 0.9 < probability <= 1


@pytest.mark.parametrize("text", ["", "la la", "12345 67890 !!!", "♪♪♪"])
def test_almost_no_letters_have_no_language(text):
    assert language_of(text) == (None, 0.0)
