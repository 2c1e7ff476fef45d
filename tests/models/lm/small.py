"""Small texts and their models for the tests of language models."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from models.lm.backoff import MARKS, START, Array, BackoffModel
from models.lm.corpus import Sentence, encode
from models.lm.kneser_ney import fit

WORDS = (*MARKS, "add", "milk", "the", "to", "list")
SENTENCES = st.lists(st.lists(st.sampled_from(WORDS[3:]), max_size=6).map(tuple), min_size=1, max_size=12)
HISTORY = st.lists(st.sampled_from(range(2, len(WORDS))), max_size=5)
SHOPPING: list[Sentence] = [tuple(line.split()) for line in ("add milk to the list", "add the milk", "the list", "add milk", "to the list add milk")]


def model_of(sentences: list[Sentence], order: int = 3, words: tuple[str, ...] = WORDS) -> BackoffModel:
    return fit(encode(sentences, words), words, order)


def distribution(model: BackoffModel, history: list[int]) -> Array:
    """(V,) P(word | history) of a sentence that begins with the history."""
    asked = np.array([[START, *history, token] for token in range(len(model.words))])
    return np.array([model.probabilities(row)[-1] for row in asked])
