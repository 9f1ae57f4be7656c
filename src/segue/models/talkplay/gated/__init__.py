"""TalkPlay that reads with a sentence encoder and gates what retrieval finds: size `tiny` of today."""
