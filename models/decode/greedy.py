"""The best symbol of every frame as a reading: what a bundle without lexicon and language model hears. Pure numpy."""

from __future__ import annotations

from models.ctc import Logits, greedy_symbols
from models.decode.candidate import Candidate
from models.records import CtcHead

NAME = "greedy"


def greedy(log_probs: Logits, head: CtcHead) -> list[Candidate]:
    """log_probs: (T, V) of `head`, whose symbols are letters. One candidate; none where the best path has no word."""
    words: list[list[int]] = [[]]
    for symbol in greedy_symbols(log_probs, head.blank - head.first):
        if head.tokens[symbol] == head.word_end:
            words.append([])
        else:
            words[-1].append(symbol)
    spelled = tuple(tuple(symbols) for symbols in words if symbols)
    if not spelled:
        return []
    path_log_prob = float(log_probs.max(axis=-1).sum())
    return [Candidate(tuple("".join(head.tokens[symbol] for symbol in word) for word in spelled), spelled, path_log_prob, 0.0, path_log_prob)]
