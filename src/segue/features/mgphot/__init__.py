"""MGPHot: 58 musicological attributes of a track, rated by people or a language model, or predicted."""
