"""What every study can be told."""

from segue.kit.settings import Settings


class Backbones(Settings):
    """The language models of a study."""

    size: str = "tiny"
    """The backbone: tiny, small, base, or any causal LM."""
    backbone: str = "small"
    """The other one of the table of backbones, in a tenth of the steps; "" leaves it out."""
