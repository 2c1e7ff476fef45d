"""Language models: n-grams from texts, mixed, pruned, and kept as gzipped ARPA. numpy only, no torch; a decoder reads the file with KenLM."""
