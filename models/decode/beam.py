"""Beam search of one CTC head through a lexicon and an n-gram (flashlight-text). Gives readings; ranks nothing beyond what the beam needs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flashlight.lib.text.decoder import CriterionType, DecodeResult, LexiconDecoder, LexiconDecoderOptions, SmearingMode, Trie

from models.ctc import Logits
from models.decode.emissions import Mask, with_wait
from models.decode.language_model import NATURAL, LanguageModel
from models.decode.lexicon import Speller, Symbols
from models.records import CtcHead

# flashlight's own limit; it drops further words of one pronunciation with a line on standard error for each.
MAX_HOMOPHONES = 6


@dataclass(frozen=True, slots=True)
class BeamSettings:
    """Tuned on dev (benchmarks/LOG.md)."""

    beam_size: int
    beam_size_token: int
    """Symbols tried a frame, the likeliest first."""
    threshold: float
    """Nats below the best at which a hypothesis is dropped."""
    lm_weight: float
    """Of KenLM's logarithms, which are to base 10."""
    word_score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One text that the beam ended with."""

    words: tuple[str, ...]
    symbols: tuple[Symbols, ...]
    """Of each word, as it was read."""
    language_log_prob: float
    """Natural logarithm, with the end of sentence."""


class HeadBeam:
    """Not thread-safe: one decoder's buffers."""

    def __init__(self, head: CtcHead, speller: Speller, language_model: LanguageModel, settings: BeamSettings, trie: Trie | None = None) -> None:
        """trie: None to build one, which takes over a second for a bundle's words."""
        self._head, self._speller, self._language_model, self.settings = head, speller, language_model, settings
        self._blank = head.blank - head.first
        self._wait = head.size
        self._word_end = head.tokens.index(head.word_end) if head.word_end in head.tokens else None
        options = LexiconDecoderOptions(
            beam_size=settings.beam_size,
            beam_size_token=settings.beam_size_token,
            beam_threshold=settings.threshold,
            lm_weight=settings.lm_weight,
            word_score=settings.word_score,
            unk_score=-math.inf,
            sil_score=0.0,
            log_add=True,
            criterion_type=CriterionType.CTC,
        )
        self._trie = trie or build_trie(speller, language_model, head.size + 1, self._wait)
        self._decoder = LexiconDecoder(options, self._trie, language_model.kenlm, self._wait, self._blank, language_model.unknown, [], False)

    def beside(self, settings: BeamSettings) -> HeadBeam:
        """Another one over the same words, which take no room twice."""
        return HeadBeam(self._head, self._speller, self._language_model, settings, self._trie)

    def read(self, log_probs: Logits, kept: Mask, count: int) -> list[Reading]:
        """(T, V) of this head -> at most `count` different texts, the beam's best first; none where no word fits. kept: frames to search."""
        frames = with_wait(log_probs, self._blank, self._word_end)[kept]
        readings: dict[tuple[int, ...], Reading] = {}
        for result in self._decoder.decode(frames.ctypes.data, len(frames), frames.shape[1]):
            spoken = tuple(word for word in result.words if word >= 0)
            if spoken and spoken not in readings:
                readings[spoken] = self._reading(result, spoken)
                if len(readings) == count:
                    break
        return list(readings.values())

    def _reading(self, result: DecodeResult, spoken: tuple[int, ...]) -> Reading:
        words = tuple(self._language_model.dictionary.get_entry(word) for word in spoken)
        return Reading(words, self._said(result, words), result.lmScore * NATURAL)

    def _said(self, result: DecodeResult, words: tuple[str, ...]) -> tuple[Symbols, ...]:
        """Of several ways to say a word the one that was heard; letters have but one."""
        if not self._speller.phonetic:
            return self._speller.spell(words)
        return tuple(self._pronunciation(word, trace) for word, trace in zip(words, self._heard(result), strict=True))

    def _heard(self, result: DecodeResult) -> Iterator[Symbols]:
        """The symbols up to each word's end, runs and blanks dropped."""
        trace: list[int] = []
        previous = self._blank
        for token, word in zip(result.tokens, result.words, strict=True):
            if token not in (previous, self._blank, self._wait):
                trace.append(token)
            previous = token
            if word >= 0:
                yield tuple(trace)
                trace = []

    def _pronunciation(self, word: str, trace: Symbols) -> Symbols:
        """The word's own spelling of what was heard: the beam lets a doubled last symbol pass without a blank between."""
        variants = self._speller.pronunciations(word)
        return next((symbols for symbols in variants if symbols == trace), variants[0])


def build_trie(speller: Speller, language_model: LanguageModel, symbols: int, root: int) -> Trie:
    """Every pronunciation, the likelier words first; each node knows the best word below it, so that the language model guides from within."""
    trie = Trie(symbols, root)
    homophones: Counter[Symbols] = Counter()
    scored = ((language_model.unigram(word), word, said) for word, said in speller)
    for score, word, said in sorted(scored, reverse=True):
        homophones[said] += 1
        if homophones[said] <= MAX_HOMOPHONES:
            trie.insert(list(said), language_model.dictionary.get_index(word), score)
    trie.smear(SmearingMode.MAX)
    return trie
