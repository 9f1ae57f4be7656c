"""What the study of TalkPlay can be told: budgets in steps, so that the same seed gives it twice."""

from pydantic import Field, NonNegativeInt, PositiveInt

from segue.experiments.settings import Backbones


class Study(Backbones):
    """Budgets and sizes of `segue experiment talkplay`."""

    steps: PositiveInt = 600
    """Of TalkPlay as published (1,024 tokens a step)."""
    own: bool = False
    """Take the TalkPlay that the workspace has (`segue train`) instead of training one for the study."""
    gated_steps: PositiveInt = 400
    """Of the gated TalkPlay."""
    tuned_steps: PositiveInt = 600
    """Of the maps that fine-tune dense and CLAP retrieval."""
    clap: str = ""
    """Folder or hub name of the CLAP that has listened to the recordings; the papers' if empty."""
    sequential_steps: PositiveInt = 600
    """Of SASRec and TIGER on playlists."""
    variant_steps: PositiveInt = 150
    """Of each ablation that trains TalkPlay anew, its own base among them."""
    max_dialogues: PositiveInt = 200
    """Test dialogues of tables 2 to 4 at most."""
    variant_dialogues: PositiveInt = 60
    """Test dialogues of the ablations that train anew."""
    replies: NonNegativeInt = 16
    """Requests of which each system writes the answer."""
    writer: str = "small"
    """The language model of the two-stage systems: a size, path or hub name."""
    judge: str = ""
    """URL of an OpenAI-compatible API whose language model grades the answers, each twice."""
    judge_model: str = ""
    """Its name there."""
    width: PositiveInt = Field(default=32)
    """Beams."""
