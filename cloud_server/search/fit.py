"""How well the audio fits a title, from what a worker measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cloud_server.search.heard import Heard
from cloud_server.search.terms import CARRIER_WORDS, words_of

UNEXPLAINED_NATS = 2.0
"""For every symbol that was heard beyond the title's length: without it a short title found inside a long sentence fits best."""
NO_FIT = -1e4


def fits(heard: Heard, phrases: Sequence[Sequence[str]], spotted: Sequence[float]) -> list[float]:
    """Nats a symbol, at most 0, for each title: of the way of saying it that fits best.

    phrases: the ways to say each title. spotted: `models.sounds.SoundHead.fit` of all of them, one after the other.
    """
    explain, scores = symbols_to_explain(heard), iter(spotted)
    return [max([fit(next(scores), phrase, explain) for phrase in ways], default=NO_FIT) for ways in phrases]


def fit(spotted: float, phrase: str, symbols_heard: int) -> float:
    unexplained = max(0, symbols_heard - len(phrase))
    return float(spotted - UNEXPLAINED_NATS * unexplained) / max(1, len(phrase))


def symbols_to_explain(heard: Heard) -> int:
    """Of the best path, without the share that carrier words have of the best hypothesis' letters: no title is to explain 'find me'."""
    if heard.sounds is None:
        return 0
    words = words_of(heard.alternatives[0].transcript) if heard.alternatives else []
    letters, carried = (sum(map(len, some)) for some in (words, [word for word in words if word in CARRIER_WORDS]))
    share = 1 - carried / letters if letters > carried else 1.0
    return round(len(heard.sounds.best_path) * share)
