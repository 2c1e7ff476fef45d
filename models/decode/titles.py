"""What a catalogue calls things, or a session hints at, as readings of their own: whole, in the place of the words that a beam read there.

A beam follows words one by one and drops a title whose one word is heard badly; the sounds of the whole title still tell it from ten thousand others
(search finds it first for 19 of 20 recordings). So the likeliest titles by sound are offered beside the beams' readings and weighed as those are: by
every head over all alignments, and by the language model, to which a title is one word as likely as any other title. A title that was not said loses
there to what was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from models.ctc import Logits, greedy_symbols
from models.decode.beam import Reading
from models.decode.language_model import LanguageModel
from models.decode.lexicon import Speller
from models.decode.phrase_book import PhraseBook
from models.decode.splice import stretches
from models.records import CtcHead
from models.spotting import spot

# Of 10,000 sentences the one that was read is among so many by its grams for 98 % of dev recordings, and then nearly always first by its audio.
HEARD, OFFERED = 50, 3
READINGS = 2
"""The beam's best, whose words stay around a title."""
STRETCHES = 2
"""Of each reading that each title may replace, beside all of it."""
MIN_FIT = -1.6
"""Nats a symbol: 99 % of the titles that were said fit better, and a third of the best of ten thousand that were not."""
NATS_A_SYMBOL = 1.0
"""What a longer title is given for explaining more of the audio, when titles are chosen; ranking proper knows better."""
TITLE_LOG_PROB = -3.0
"""That a title is said at a given place of a query, whichever it is."""


class Titles:
    """Not thread-safe, as the language model it asks."""

    def __init__(self, titles: Iterable[str], speller: Speller, language_model: LanguageModel, head: CtcHead) -> None:
        """titles: normalised; those with a word that is not in the lexicon are left out, for nobody knows how they sound."""
        self._language_model, self._speller, self._blank = language_model, speller, head.blank - head.first
        self._titles = [words for title in dict.fromkeys(titles) if (words := tuple(title.split())) and speller.knows(words)]
        self._sounds = [tuple(speller.joined(speller.spell(words))) for words in self._titles]
        self._book = PhraseBook(self._sounds, head.size)
        self._log_prob = TITLE_LOG_PROB - math.log(max(1, len(self._titles)))

    def read(self, log_probs: Logits, readings: Sequence[Reading]) -> list[Reading]:
        """log_probs: (T, V) of the head, of frames that say something; readings: a beam's, best first. None where the beam has none."""
        titles = [self._titles[number] for number in self._likely(log_probs)]
        spelled = [self._speller.spell(words) for words in titles]
        phrases = [tuple(chain.from_iterable(symbols)) for symbols in spelled]
        found: dict[tuple[str, ...], Reading] = {}
        for reading in readings[:READINGS]:
            places = stretches(reading.symbols, phrases, STRETCHES)
            for words, symbols, of_title in zip(titles, spelled, places, strict=True):
                for first, end in dict.fromkeys([(0, len(reading.words)), *of_title]):
                    before, after = reading.words[:first], reading.words[end:]
                    if (said := (*before, *words, *after)) not in found:
                        log_prob = self._language_model.log_prob_around(before, words, after, self._log_prob)
                        found[said] = Reading(said, (*reading.symbols[:first], *symbols, *reading.symbols[end:]), log_prob)
        return list(found.values())

    def _likely(self, log_probs: Logits) -> list[int]:
        """Numbers of titles, the likeliest first."""
        if not self._titles:
            return []
        path = greedy_symbols(log_probs, self._blank)
        likely = self._book.likely(path, HEARD)
        phrases = [self._sounds[number] for number in likely]
        lengths = np.array([len(phrase) for phrase in phrases])
        fits = spot(log_probs, phrases, self._blank)
        order = np.argsort(-(fits + NATS_A_SYMBOL * lengths), kind="stable")[:OFFERED]
        return [int(likely[place]) for place in order if fits[place] >= MIN_FIT * lengths[place]]
