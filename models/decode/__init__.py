"""From a head's output to words: what a beam search reads, and what is known about each reading."""
