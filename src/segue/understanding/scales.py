"""What tags say of tempo, energy and joy, and which way a comparison points."""

from __future__ import annotations

TEMPI = {"very slow tempo": 0, "slow tempo": 1, "slow": 1, "medium tempo": 2, "moderate tempo": 2}
TEMPI |= {"fast tempo": 3, "fast": 3, "very fast tempo": 4}
ENERGY = {"energetic": 2, "angry": 2, "party": 2, "fast tempo": 1.5, "very fast tempo": 2, "rebellious": 1.5}
ENERGY |= {"epic": 1, "metal": 1, "punk": 1, "groovy": 0.5, "uplifting": 0.5, "techno": 1, "loud": 2}
ENERGY |= {"beat": 0.5}
ENERGY |= {"calm": -2, "relaxing": -2, "slow tempo": -1.5, "intimate": -1.5, "dreamy": -1, "ambient": -2}
ENERGY |= {"sad": -0.5, "melancholic": -0.5, "slow": -1.5, "quiet": -2, "soft": -1, "heavy metal": 0.5}
JOY = {"happy": 2, "uplifting": 1.5, "party": 1.5, "playful": 1, "hopeful": 1, "energetic": 0.5}
JOY |= {"sad": -2, "melancholic": -2, "dark": -1, "angry": -1, "nostalgic": -0.5, "minor key": -0.5}
JOY |= {"groovy": 0.5, "major key": 0.5}
WORDLESS = (
    "instrumental",
    "classical",
    "ambient",
    "soundtrack",
    "film score",
    "hard bop",
    "cool jazz",
    "techno",
)
"""Tags of music in which mostly nobody sings."""
SONGS = tuple(
    "rock,pop,punk,new wave,metal,indie,alternative,country,folk,hip-hop,rap,soul,r&b,gospel,reggae,disco,"
    "blues,grunge,britpop,singer-songwriter,classic rock,hard rock,heavy metal,pop punk,indie rock,indie pop,"
    "synth-pop,dance-pop".split(",")
)  # fmt: skip
"""Tags of songs: somebody sings where a tagger, who names three instruments, leaves it out."""
NO_SONGS = ("post-rock", "fusion", "math rock", "jazz", "idm", "trip hop", "downtempo", "drone")
"""Tags beside them of music that may well have no words."""
FEASTS = {
    "Christmas": "christmas|xmas|noel|navidad|weihnacht|natale|jingle bell|santa claus|silent night",
    "Halloween": "halloween|ghost|monster mash|zombie|witch|vampire",
}
"""Words of titles of what suits an occasion, whatever the tags say."""
UNLIKE = {
    "happy": ("sad", "melancholic"),
    "calm": ("energetic", "angry", "party"),
    "relaxing": ("energetic", "angry"),
}
"""Moods, and tags of what is none of it, whatever else its tags say."""
MEASURED = " tempo"
SIGN = {"older": -1, "newer": 1, "slower": -1, "faster": 1, "calmer": -1, "louder": 1}
SIGN |= {"sadder": -1, "happier": 1, "less known": -1, "better known": 1}
SIGN |= {"shorter": -1, "longer": 1}
MOST_OF = {"older": "the oldest", "newer": "the newest", "slower": "the slowest", "faster": "the fastest"}
MOST_OF |= {
    "calmer": "the calmest",
    "louder": "the loudest",
    "sadder": "the saddest",
    "happier": "the happiest",
}
MOST_OF |= {"better known": "the best known", "less known": "the least known"}
MOST_OF |= {"shorter": "the shortest", "longer": "the longest"}
