# ruff: noqa: E501
"""Times as people write them, against the years that they say."""

from __future__ import annotations

import pytest

from segue.understanding.text import clean, tokens
from segue.understanding.years import Years, find


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("after the eighties", [(1990, None)]), ("nothing after the seventies", [(None, 1979)]), ("before the sixties", [(None, 1959)]),
        ("nothing older than the nineties", [(1990, None)]), ("since the seventies", [(1970, None)]), ("from the fifties onwards", [(1950, None)]),
        ("80's", [(1980, 1989)]), ("the 70ties", [(1970, 1979)]), ("ninties rock", [(1990, 1999)]),
        ("mid to late 90s", [(1993, 1999)]), ("early to mid 80s", [(1980, 1987)]), ("late-70s", [(1976, 1979)]),
        ("between 94 and 99", [(1994, 1999)]), ("summer of '69", [(1969, 1969)]), ("songs from 77", [(1977, 1977)]),
        ("50 songs from 30 bands", []), ("in 30 minutes", []), ("nineteen sixty seven", [(1967, 1967)]),
        ("twenty fifteen", [(2015, 2015)]), ("2k15", [(2015, 2015)]), ("two-thousands pop", [(2000, 2009)]),
        ("90s and newer", [(1990, None)]), ("80s or older", [(None, 1989)]), ("from the 70s until now", [(1970, None)]),
        ("the 60s and 70s", [(1960, 1969), (1970, 1979)]), ("between the 60s and the 80s", [(1960, 1989)]),
        ("from 1970 to 1975", [(1970, 1975)]), ("turn of the millennium", [(1998, 2003)]),
        ("twentieth century", [(1900, 1999)]), ("the 1800s", [(1800, 1899)]), ("pre-war blues", [(None, 1939)]),
        ("années quatre-vingt-dix", [(1990, 1999)]), ("från 70-talet", [(1970, 1979)]), ("åttiotalet", [(1980, 1989)]),
        ("lata osiemdziesiąte", [(1980, 1989)]), ("z lat 90.", [(1990, 1999)]), ("90-е годы", [(1990, 1999)]),
        ("aus den Zwanzigern", [(1920, 1929)]), ("anni '60", [(1960, 1969)]), ("década de los 90", [(1990, 1999)]),
        ("good old days", [(None, 1975)]), ("back in the day", [(None, 1975)]), ("a twenty first birthday", []),
        ("60/70s rock", [(1960, 1969), (1970, 1979)]), ("fifty 80s songs", [(1980, 1989)]), ("20 60s songs", [(1960, 1969)]),
        ("2010+ indie", [(2010, None)]), ("since the 90s", [(1990, None)]), ("music from '08", [(2008, 2008)]),
        ("Ende der 70er", [(1976, 1979)]), ("a fine 80s song", [(1980, 1989)]), ("début des années 80", [(1980, 1984)]),
        ("the second half of the 60s", [(1965, 1969)]), ("late 19th century", [(1860, 1899)]), ("the jazz age", [(1920, 1929)]),
        ("90s retro style", [(1990, 1999)]), ("new and old", []), ("old irish fight music", [(None, 1975)]), ("old friends", []),
        ("the same old songs", []), ("my current favourite", []), ("current pop", [(2010, None)]), ("play the 1975", []),
        ("from the 1975", [(1975, 1975)]), ("Blade Runner 2049", []), ("after 36 chambers", []), ("canciones viejas", [(None, 1975)]),
        ("2018 or later", [(2018, None)]), ("2015 and up", [(2015, None)]), ("1999 and 2005", [(1999, 1999), (2005, 2005)]),
        ("soviet era pop", [(1922, 1991)]), ("pre-pandemic pop", [(None, 2019)]),
        ("2010 onwards", [(2010, None)]), ("2000-present", [(2000, None)]), ("90-00s", [(1990, 1999), (2000, 2009)]),
        ("20s jazz", [(1920, 1929)]), ("the 20s and 30s", [(1920, 1929), (1930, 1939)]), ("pop of the 20s", [(2020, 2029)]),
        ("rock from the vietnam war era", [(1955, 1975)]), ("90´s rock", [(1990, 1999)]), ("50 2000s songs", [(2000, 2009)]),
        ("musique des années 2000", [(2000, 2009)]), ("anni 2000", [(2000, 2009)]), ("del año 2000", [(2000, 2000)]),
    ],
)  # fmt: skip
def test_times(words: str, expected: list[Years]) -> None:
    text = " ".join(token.word for token in tokens(clean(words)))
    assert [time.years for time in find(text)] == expected


def test_a_year_beside_modern_says_how_old() -> None:
    assert [t.words for t in find("modern 1950s songs")] == ["the 1950s"]
    assert [t.words for t in find("modern songs and 80s ones")] == ["recent years", "the 1980s"]
    # "Years" leads to the time and is none.
    assert [t.start for t in find("songs from the years 2000")] == [21]


def test_at_the_latest_and_at_the_earliest() -> None:
    assert [t.years for t in find("rock from 1985 at the latest")] == [(None, 1985)]
    assert [t.years for t in find("the 90s at the earliest")] == [(1990, None)]
