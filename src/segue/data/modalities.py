"""The modalities of a track, the one list of them."""

MODALITIES = ("playlist", "semantic", "metadata", "lyrics", "audio")
"""In the order in which their tokens are generated. Source: TalkPlay 2.4."""
FEATURES = (*MODALITIES, "mgphot")
"""All features a workspace can have: MGPHot's is no modality of TalkPlay."""
CONTENT = FEATURES[1:]
"""Those that tell what a track is, without anyone having played it."""
