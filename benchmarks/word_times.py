"""harken-bench word-times: how far word times are from times that no model of ours made.

Two truths: a synthesiser's own word boundaries, and single words that a person said, cut at their onset and set at known samples in faint noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.festival import VOICES, Spoken, speak
from models.bundle import default_bundle_dir, load_bundle
from models.ctc import log_softmax
from models.decode.candidate import Candidate
from models.decode.evidence import gather
from models.evaluate.counts import matches
from models.features import Waveform, normalise, pcm_to_waveform, waveform_to_pcm
from models.pronounce.pronouncer import english
from models.recognizer import Recognizer
from models.records import CtcHead
from models.text import normalise_text
from models.transcribe import read_pcm, read_rows
from models.word_times import SpikeLag, word_times
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

MIN_WORDS, MAX_WORDS = 4, 12
SPARE = 1.1
"""Sentences asked for each that is judged: festival spells a few."""
TOGETHER = 4
"""Single words set into one clip."""
GAP_SAMPLES = (SAMPLE_RATE_HZ * 3 // 10, SAMPLE_RATE_HZ * 9 // 10)
ONSET_LEVEL = 0.05
"""Of the word's highest level over ONSET_SAMPLES: where it begins and ends."""
ONSET_SAMPLES = SAMPLE_RATE_HZ * 5 // 1000
NOISE = 1e-3
"""Standard deviation of the noise between words, of the loudest sample."""
Times = tuple[int, int]
"""First sample, and one past the last."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A clip and the truth about it."""

    words: tuple[str, ...]
    times: tuple[Times, ...]
    pcm: bytes


def measure_word_times(shared: Path, texts: Path, bundle: Path | None, sentences: int, tune: bool) -> dict[str, Any]:
    """Milliseconds. tune: other sentences of the same text, and the lags that would make their bias 0.

    Raises: ConfigurationError: no festival, or no text.
    """
    recognizer = Recognizer(load_bundle(bundle or default_bundle_dir()))
    said = speak(chosen(texts, sentences, tune))[:sentences]
    spoken = [as_timed(sentence) for sentence in said]
    facts: dict[str, Any] = {
        "model": f"{recognizer.bundle.manifest.model_id}@{recognizer.bundle.manifest.version}",
        "head": recognizer.head.name,
        "sentences": len(said),
        "voices": list(VOICES),
        "aligned": figures(aligned(recognizer, spoken), spoken),
    }
    if tune:
        lag, raw = recognizer.bundle.lag, figures(aligned(recognizer, spoken, SpikeLag()), spoken)
        return {**facts, "lag_ms": {"start": _ms(lag.start), "end": _ms(lag.end)}, "without_lag": raw}
    placed = set_apart(single_words(shared))
    return {**facts, "heard": heard_figures(recognizer, spoken), "placed": figures(aligned(recognizer, placed), placed)}


def chosen(texts: Path, count: int, tune: bool) -> list[str]:
    """Sentences of MIN_WORDS to MAX_WORDS, evenly spread over the text; those to tune on lie half way between those to judge."""
    try:
        lines = [line for line in map(normalise_text, texts.read_text().splitlines()) if MIN_WORDS <= len(line.split()) <= MAX_WORDS]
    except OSError as error:
        raise ConfigurationError(f"{texts}: {error.strerror}") from error
    asked = min(int(count * SPARE), len(lines) // 2)
    return [lines[(2 * number + tune) * len(lines) // (2 * asked)] for number in range(asked)]


def as_timed(sentence: Spoken) -> Timed:
    times = ((round(word.start_seconds * SAMPLE_RATE_HZ), round(word.end_seconds * SAMPLE_RATE_HZ)) for word in sentence.words)
    return Timed(tuple(word.word for word in sentence.words), tuple(times), sentence.pcm)


def single_words(shared: Path) -> list[tuple[str, Waveform]]:
    """Every recording of one word that a person made: in no split but `drift`, telephone prompts, are there enough."""
    manifest = shared / "speech" / "drift.jsonl"
    rows = [row for row in read_rows(manifest) if len(normalise_text(row.get("text") or "").split()) == 1]
    return [(normalise_text(row["text"]), pcm_to_waveform(read_pcm(manifest.parent / row["audio"]))) for row in rows]


def set_apart(words: Sequence[tuple[str, Waveform]]) -> list[Timed]:
    """TOGETHER at a time, cut at their onsets and ends, with gaps of faint noise between; the same clips every time."""
    random = np.random.default_rng(1)
    clips = []
    for first in range(0, len(words) - TOGETHER + 1, TOGETHER):
        group = [(word, trimmed(sound)) for word, sound in words[first : first + TOGETHER]]
        gaps = random.integers(GAP_SAMPLES[0], GAP_SAMPLES[1], TOGETHER + 1)
        starts = [int(sum(gaps[: number + 1]) + sum(len(sound) for _, sound in group[:number])) for number in range(TOGETHER)]
        loudest = max(float(np.abs(sound).max()) for _, sound in group)
        clip = random.normal(0, NOISE * loudest, int(gaps.sum()) + sum(len(sound) for _, sound in group)).astype(np.float32)
        for start, (_, sound) in zip(starts, group, strict=True):
            clip[start : start + len(sound)] += sound
        times = tuple((start, start + len(sound)) for start, (_, sound) in zip(starts, group, strict=True))
        clips.append(Timed(tuple(word for word, _ in group), times, waveform_to_pcm(clip)))
    return clips


def trimmed(sound: Waveform) -> Waveform:
    """From the first to the last sample about which the level is above ONSET_LEVEL of the highest."""
    level = np.convolve(np.square(sound), np.ones(ONSET_SAMPLES), "same")
    loud = np.flatnonzero(level > ONSET_LEVEL**2 * level.max())
    return sound[loud[0] : loud[-1] + 1]


def aligned(recognizer: Recognizer, clips: Iterable[Timed], lag: SpikeLag | None = None) -> list[list[Times]]:
    """Of the words that were said, whatever the model would have heard. lag: None takes the bundle's."""
    head, clock = recognizer.head, recognizer.bundle.manifest.clock
    used = recognizer.bundle.lag if lag is None else lag
    found = []
    for clip in clips:
        waveform = pcm_to_waveform(clip.pcm)
        logits = recognizer.logits(normalise(waveform))
        (evidence,) = gather([spelled(clip.words, head)], log_softmax(logits[:, head.first : head.first + head.size]), head)
        found.append(word_times(evidence.spikes, clock, used, len(waveform)))
    return found


def spelled(words: tuple[str, ...], head: CtcHead) -> Candidate:
    """The usual pronunciation, or the letters, of each word."""
    phonetic = head.name == "phones"
    symbols = tuple(tuple(head.tokens.index(token) for token in (english().phones(word) if phonetic else word)) for word in words)
    return Candidate(words, symbols, 0.0, 0.0, 0.0)


def heard_figures(recognizer: Recognizer, clips: Sequence[Timed]) -> dict[str, Any]:
    """Of the words that the best reading has right, as an answer times them."""
    truth: list[Times] = []
    times: list[Times] = []
    for clip in clips:
        best = recognizer.recognize(clip.pcm, 0).alternatives[:1]
        words = best[0].words if best else ()
        for said, heard in matches(clip.words, [word.word for word in words]):
            truth.append(clip.times[said])
            times.append((words[heard].start_offset, words[heard].end_offset))
    return _errors(times, truth)


def figures(times: Sequence[Sequence[Times]], clips: Sequence[Timed]) -> dict[str, Any]:
    return _errors([time for clip in times for time in clip], [time for clip in clips for time in clip.times])


def _errors(times: Sequence[Times], truth: Sequence[Times]) -> dict[str, Any]:
    errors = np.array(times, float).reshape(-1, 2) - np.array(truth, float).reshape(-1, 2)
    return {"words": len(times), "start": _summary(errors[:, 0]), "end": _summary(errors[:, 1])}


def _summary(errors: npt.NDArray[np.float64]) -> dict[str, float]:
    """Median and 90th percentile of the distance; bias: the median error itself, positive where we are late. All 0 where there is no word."""
    size, errors = (np.abs(errors), errors) if len(errors) else (np.zeros(1), np.zeros(1))
    return {"median_ms": _ms(np.median(size)), "p90_ms": _ms(np.percentile(size, 90)), "bias_ms": _ms(np.median(errors))}


def _ms(samples: float) -> float:
    return round(float(samples) * 1000 / SAMPLE_RATE_HZ, 1)
