"""Metrics of what is said and how well it is heard: the inputs of drift. Distributions over a sample of segments, never a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

from models.reference import EDGES
from protos.messages import FinalReason

# Measure (`models.measures`) -> metric, in the bins of a bundle's reference.json: drift is then a comparison of counts.
NAMES = {
    "seconds": ("asr_quality_segment_seconds", "Length of segments."),
    "level_dbfs": ("asr_quality_level_dbfs", "Loudness of segments, RMS of full scale."),
    "snr_db": ("asr_quality_snr_decibels", "Loud over quiet frames of a segment."),
    "pitch_hz": ("asr_quality_pitch_hertz", "Median fundamental of segments that have one."),
    "symbols_per_second": ("asr_quality_symbols_per_second", "Speaking rate: sounds heard a second."),
    "blank_share": ("asr_quality_blank_ratio", "Frames without a sound, of all frames of a segment."),
    "confidence": ("asr_quality_confidence", "Confidence of the best alternative."),
    "words": ("asr_quality_words", "Words of the best alternative."),
}
FINALS: dict[FinalReason, str] = {FinalReason.RECOGNIZED: "recognized", FinalReason.NO_SPEECH: "no_speech", FinalReason.TOO_SHORT: "too_short"}
FLAGS = ("clipped", "quiet", "offset")
CLIPPED_SHARE, QUIET_DBFS, OFFSET = 0.001, -50.0, 0.02
"""Of samples at full scale; level; mean over full scale: beyond these a microphone is set wrong rather than a voice soft or loud."""


class QualityMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._measures = {
            measure: Histogram(name, f"{words} A sample.", buckets=EDGES[measure], registry=registry) for measure, (name, words) in NAMES.items()
        }
        self._finals = Counter("asr_quality_finals", "Final results by whether they have words.", ["kind"], registry=registry)
        self._audio_s = Counter("asr_quality_audio_seconds", "Audio of final results.", registry=registry)
        self._flags = Counter("asr_quality_flags", "Segments of the sample whose sound is wrong.", ["flag"], registry=registry)
        self._sampled = Counter("asr_quality_sampled_segments", "Segments in the sample.", registry=registry)
        self._typed = Counter("asr_quality_typed_words", "Words people typed, by whether they can be heard.", ["lexicon"], registry=registry)
        for kind in FINALS.values():
            self._finals.labels(kind)
        for flag in FLAGS:
            self._flags.labels(flag)
        for side in ("in", "out"):
            self._typed.labels(side)

    def finished(self, reason: FinalReason, audio_s: float) -> None:
        """Every final result."""
        self._finals.labels(FINALS.get(reason, "no_speech")).inc()
        self._audio_s.inc(max(0.0, audio_s))

    def measured(self, measures: Mapping[str, float], flags: Iterable[str]) -> None:
        """One segment of the sample; what it does not have (confidence of silence) is in no bin."""
        self._sampled.inc()
        for measure, value in measures.items():
            self._measures[measure].observe(value)
        for flag in flags:
            self._flags.labels(flag).inc()

    def typed(self, words: Iterable[str], lexicon: frozenset[str]) -> None:
        """A correction, or a search that somebody wrote: the words that people want, as the recogniser cannot have chosen them."""
        for word in words:
            self._typed.labels("in" if word in lexicon else "out").inc()
