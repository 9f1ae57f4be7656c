"""Language models: loading, vocabulary, decoding, adapters."""
