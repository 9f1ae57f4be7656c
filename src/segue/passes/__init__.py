"""Going through recordings: locally or on Ray, killed and resumed."""
