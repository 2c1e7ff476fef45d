"""Logits -> candidates: a lexicon beam over every head, and phrases by sound; then all readings weighed by every head and the language model.

Two passes, because a beam follows one head, one alignment and a pruned past. The second asks every head for the probability of the whole text over
all alignments, which is where heads that err differently correct each other (benchmarks/LOG.md: 42.4 % of the words of dev wrong -> 36.7 %).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.align import frames_needed
from models.ctc import Logits, log_softmax
from models.decode.beam import BeamSettings, HeadBeam, Reading
from models.decode.candidate import Candidate
from models.decode.ctc_score import ctc_log_probs
from models.decode.emissions import Mask, informative
from models.decode.language_model import LanguageModel
from models.decode.lexicon import Lexicon, Speller
from models.decode.nbest import Hint, ranked
from models.decode.titles import Titles
from models.decode.weights import UNTUNED, Weights
from models.records import CtcHead

NAME = "beam"
# Tuned on dev (benchmarks/LOG.md): wide and shallow costs less than narrow and deep, and hands on better readings; letters mostly weigh what phones
# found.
PHONES = BeamSettings(beam_size=200, beam_size_token=6, threshold=8.0, lm_weight=1.2, word_score=0.0)
LETTERS = BeamSettings(beam_size=60, beam_size_token=6, threshold=8.0, lm_weight=1.0, word_score=0.0)
# For speech that goes on, read again every third of a second: a tenth of the time (benchmarks/LOG.md).
GLANCE = BeamSettings(beam_size=40, beam_size_token=5, threshold=6.0, lm_weight=1.2, word_score=0.0)
# Texts that each beam hands on.
READINGS, GLANCED = 80, 10
CERTAIN = 0.97
"""Frames whose blank the network takes for more probable are not searched."""


Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Voice:
    head: CtcHead
    speller: Speller
    beam: HeadBeam


class Decoder:
    """Words, language model and search of one process; another vocabulary is another decoder, built beside it and put in its place.

    Not thread-safe.
    """

    name = NAME
    takes_hints = True

    def __init__(
        self,
        heads: tuple[CtcHead, ...],
        lexicon: Lexicon,
        language_model: LanguageModel,
        weights: Weights = UNTUNED,
        titles: Sequence[str] = (),
    ) -> None:
        """Phones come first, where there are any. titles: normalised, of words of the lexicon. Raises: BundleError: a head cannot say its words."""
        self._weights = weights
        spellers = sorted(((head, Speller(head, lexicon)) for head in heads), key=lambda pair: not pair[1].phonetic)
        self._voices = [
            _Voice(head, speller, HeadBeam(head, speller, language_model, PHONES if speller.phonetic else LETTERS)) for head, speller in spellers[:2]
        ]
        self._glance = self._voices[0].beam.beside(GLANCE)
        self._language_model = language_model
        self._titles = self._phrases(titles)
        self._hinted: tuple[tuple[str, ...], Titles] = (), self._phrases(())

    @classmethod
    def load(
        cls, heads: tuple[CtcHead, ...], lexicon: Lexicon, arpa: Path | bytes, weights: Weights = UNTUNED, titles: Sequence[str] = ()
    ) -> Decoder:
        """Raises: BundleError."""
        language_model = LanguageModel.of(arpa, lexicon) if isinstance(arpa, bytes) else LanguageModel(arpa, lexicon)
        return cls(heads, lexicon, language_model, weights, titles)

    @property
    def head(self) -> CtcHead:
        """Whose symbols candidates keep."""
        return self._voices[0].head

    def decode(self, logits: Logits, hints: tuple[Hint, ...] = ()) -> list[Candidate]:
        """(T, all outputs) -> readings, best first, no text twice; none where no word of the lexicon fits."""
        return ranked(self._candidates(*self.weigh(logits, hints=hints)), hints)

    def glance(self, logits: Logits) -> list[Candidate]:
        """As `decode`, from a narrow beam over the first head alone, without titles and hints: what speech that goes on may be so far."""
        heard = self._listen(logits, self._weights.temperature)
        readings = self._spelt(self._glance.read(*heard[0], GLANCED), len(logits))
        return ranked(self._candidates(readings, self._numbers(heard, readings)), ())

    def weigh(self, logits: Logits, temperature: float | None = None, hints: Sequence[Hint] = ()) -> tuple[list[Reading], Numbers]:
        """Every text that any beam ends with or that titles and hinted phrases make of those, and (N, 4) what weights are for: log probability by the
        first and the second head (0 where there is none) and by the language model, and the number of words. temperature: None for that of the
        weights."""
        heard = self._listen(logits, temperature or self._weights.temperature)
        found: dict[tuple[str, ...], Reading] = {}
        for voice, (log_probs, kept) in zip(self._voices, heard, strict=True):
            for reading in voice.beam.read(log_probs, kept, READINGS):
                found.setdefault(reading.words, self._respelled(reading, voice))
        read, (log_probs, kept) = list(found.values()), heard[0]
        for phrases in (self._titles, self._phrases_of(hints)):
            for reading in phrases.read(log_probs[kept], read):
                found[reading.words] = likelier(found.get(reading.words, reading), reading)
        readings = self._spelt(found.values(), len(logits))
        return readings, self._numbers(heard, readings)

    def _listen(self, logits: Logits, temperature: float) -> list[tuple[Logits, Mask]]:
        return [_heard(voice, logits, 1 / temperature) for voice in self._voices]

    def _numbers(self, heard: Sequence[tuple[Logits, Mask]], readings: list[Reading]) -> Numbers:
        """As `weigh` has them."""
        numbers = np.zeros((len(readings), len(self._weights.vector)))
        for column, (voice, (log_probs, kept)) in enumerate(zip(self._voices, heard, strict=True)):
            numbers[:, column] = self._acoustic(voice, log_probs[kept], readings)
        numbers[:, 2] = [reading.language_log_prob for reading in readings]
        numbers[:, 3] = [len(reading.words) for reading in readings]
        return numbers

    def _candidates(self, readings: Sequence[Reading], numbers: Numbers) -> list[Candidate]:
        # Back on the scale of the logits as they came: what n-best shares and hints are measured in.
        scores = self._weights.temperature * (numbers @ self._weights.vector)
        return [
            Candidate(reading.words, reading.symbols, float(number[0]), reading.language_log_prob, float(score))
            for reading, number, score in zip(readings, numbers, scores, strict=True)
        ]

    def _phrases(self, phrases: Sequence[str]) -> Titles:
        return Titles(phrases, self._voices[0].speller, self._language_model, self.head)

    def _phrases_of(self, hints: Sequence[Hint]) -> Titles:
        """Those of the latest hints are kept: a session's are the same for each of its segments."""
        asked = tuple(" ".join(hint.words) for hint in hints)
        if asked != self._hinted[0]:
            self._hinted = asked, self._phrases(asked)
        return self._hinted[1]

    def _spelt(self, readings: Iterable[Reading], frames: int) -> list[Reading]:
        """Those that so many frames can spell: a beam lets a symbol follow itself without a blank between."""
        speller = self._voices[0].speller
        return [reading for reading in readings if frames_needed(speller.joined(reading.symbols)) <= frames]

    def _respelled(self, reading: Reading, voice: _Voice) -> Reading:
        first = self._voices[0]
        return reading if voice is first else replace(reading, symbols=first.speller.spell(reading.words))

    def _acoustic(self, voice: _Voice, log_probs: Logits, readings: list[Reading]) -> Numbers:
        """(N,) log probability of each text."""
        first, blank = voice is self._voices[0], voice.head.blank - voice.head.first
        spelled = [reading.symbols if first else voice.speller.spell(reading.words) for reading in readings]
        return ctc_log_probs(log_probs, [voice.speller.joined(symbols) for symbols in spelled], blank)


def likelier(reading: Reading, other: Reading) -> Reading:
    """Of one text read twice: as the first was heard, as likely as either way of putting it makes it."""
    return replace(reading, language_log_prob=max(reading.language_log_prob, other.language_log_prob))


def _heard(voice: _Voice, logits: Logits, scale: float) -> tuple[Logits, Mask]:
    """What the head says, other heads take no probability; and which frames say something, by the network's own probabilities."""
    head = voice.head
    plain = log_softmax(logits[:, head.first : head.first + head.size])
    kept = informative(plain, head.blank - head.first, CERTAIN)
    return (plain if scale == 1 else log_softmax(scale * plain)), kept
