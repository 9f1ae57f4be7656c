"""What a catalogue may not tell of its tracks, as it stands among what is not here."""

NO_LENGTHS = "lengths of tracks known"
"""What is not here where no track's length is known."""
NO_BEATS, NO_SWEARING = "beats a minute known", "swearing known"
NO_YEARS, NO_YEAR_OF_IT = "years of tracks known", "year of that track known"
NO_LANGUAGES = "languages of songs known"
NOT_KNOWN = (NO_YEARS, NO_YEAR_OF_IT, NO_LANGUAGES, NO_LENGTHS, NO_BEATS, NO_SWEARING)
"""Of these it is said that the catalogue does not tell them."""
