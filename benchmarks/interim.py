"""harken-bench interim: what interim results cost, how soon the first one comes, and how calm they are.

One speaker, one worker on one core: a part of a segment is there when its last chunk was spoken (`spoken`), and is heard for as long as hearing it
took, in processor time, once the worker is done with the one before. So no run lasts as long as the speech, and busy neighbours change little.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial as bound
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks import early_hits
from benchmarks.early_hits import Searching, Shown, searching
from benchmarks.spoken import Spoken, spoken_segments
from cloud_server.assembly import Assembly
from edge_client.config import INTERIM_CHUNK_MS, Config, TransportConfig
from models.bundle import default_bundle_dir, load_bundle
from models.evaluate.counts import NONE, count
from models.evaluate.scoring import labelled_rows
from models.features import normalise, pcm_to_waveform
from models.interim.listening_recognizer import ListeningRecognizer
from models.records import Partial
from models.sounds import SoundHead
from models.text import normalise_text
from models.transcribe import read_pcm
from protos import messages as m
from protos.errors import ConfigurationError

LIMITS = m.Limits(max_segment=30.0, max_chunk_bytes=m.MAX_CHUNK_BYTES)
LATENCY_PERCENTILES = (50, 95)
TEXTS = "text"
"""Folder of distractors, under HARKEN_SHARED."""

T = TypeVar("T")


@dataclass(slots=True)
class Heard:
    """One segment's interim results, and what they took."""

    audio_s: float
    offline_s: float
    """The acoustic model on the whole segment, once."""
    interim_s: float = 0.0
    """The acoustic model on its parts."""
    decode_s: float = 0.0
    """Reading words from its output, for all interim results."""
    first_ms: float | None = None
    """From the onset of speech to the first interim result, with words or without."""
    first_words_ms: float | None = None
    shown: list[Partial] = field(default_factory=list)
    """Those a person would see: with words, and something new."""
    final: tuple[str, ...] = ()

    @property
    def revisions(self) -> int:
        """Times that what was shown did not merely grow."""
        texts = [text_of(partial) for partial in self.shown]
        return sum(not after.startswith(before) for before, after in pairwise(texts))

    @property
    def revoked(self) -> int:
        """Times that a promised word was taken back."""
        return sum(after.words[: before.stable] != before.words[: before.stable] for before, after in pairwise(self.shown))


def text_of(partial: Partial) -> str:
    return " ".join(word.word for word in partial.words)


def measure_interims(
    manifest: Path, shared: Path, bundle: Path | None, clips: int, on_clip: Callable[[int], None], documents: int = 0
) -> dict[str, Any]:
    """manifest: as given, or under `shared`; evenly thinned to `clips`. documents: that are searched while somebody speaks; 0: none are.

    Raises: ConfigurationError: no such manifest, or no speech in it.
    """
    found = next((path for path in (manifest, shared / manifest) if path.is_file()), None)
    if found is None:
        raise ConfigurationError(f"{manifest}: is neither here nor under {shared}")
    rows, _ = labelled_rows(found, clips)
    recognizer = ListeningRecognizer(load_bundle(bundle or default_bundle_dir()))
    recognizer.recognize(bytes(2 * m.SAMPLE_RATE_HZ), 0)
    heard, shown, edge = list[Heard](), list[Shown](), Config(transport=TransportConfig(chunk_ms=INTERIM_CHUNK_MS))
    with searched([row["text"] for row in rows], shared / TEXTS, documents, recognizer) as search:
        for number, row in enumerate(rows, 1):
            segments = list(spoken_segments(read_pcm(found.parent / row["audio"]), edge))
            # A recording that the edge cuts in two names its document in neither half.
            whole = Shown(search.documents[normalise_text(row["text"])], 0.0) if search is not None and len(segments) == 1 else None
            heard += [listen(recognizer, spoken, search, whole) for spoken in segments]
            shown += [] if whole is None else [whole]
            on_clip(number)
    if not heard:
        raise ConfigurationError(f"{found}: has no speech")
    hits = {"hits": {"documents": documents, **early_hits.figures(shown)}} if shown else {}
    return {"clips": len(rows), "hop_ms": 1000 * recognizer.hop_samples / m.SAMPLE_RATE_HZ, **figures(heard), **hits}


def searched(texts: Sequence[str], folder: Path, documents: int, recognizer: ListeningRecognizer) -> AbstractContextManager[Searching | None]:
    return searching(texts, folder, documents, SoundHead(recognizer.bundle.heads)) if documents else nullcontext()


def listen(recognizer: ListeningRecognizer, spoken: Spoken, search: Searching | None = None, shown: Shown | None = None) -> Heard:
    """One segment, while it is spoken and then whole. shown: told of the hits."""
    pcm = spoken.pcm
    offline_s, _ = timed(lambda: recognizer.logits(normalise(pcm_to_waveform(pcm))))
    heard = Heard(len(pcm) / m.BYTES_PER_SAMPLE / m.SAMPLE_RATE_HZ, offline_s)
    listener, free_s, last = recognizer.listener(spoken.start.capture_start), 0.0, ""
    for there_s, part in parts(spoken, recognizer.hop_samples):
        took_s, partial = timed(bound(listener.push, part))
        decode_s = took_s * (0.0 if partial is None else decode_share(partial))
        heard.interim_s += took_s - decode_s
        heard.decode_s += decode_s
        free_s = max(there_s, free_s) + took_s
        since_onset_ms = 1000 * (free_s - spoken.onset_s)
        if partial is None:
            continue
        if search is not None and shown is not None:
            shown.look(there_s - spoken.onset_s, partial, search.so_far(partial))
        heard.first_ms = since_onset_ms if heard.first_ms is None else heard.first_ms
        if partial.words and f"{partial.stable} {text_of(partial)}" != last:
            heard.first_words_ms = since_onset_ms if heard.first_words_ms is None else heard.first_words_ms
            heard.shown.append(partial)
            last = f"{partial.stable} {text_of(partial)}"
    recognition = recognizer.recognize(pcm, spoken.start.capture_start)
    if search is not None and shown is not None:
        shown.speech_s, hits = heard.audio_s, search.at_last(recognition)
        shown.final = hits[0].id if hits else ""
    final = recognition.alternatives
    heard.final = tuple(word.word for word in final[0].words) if final else ()
    return heard


def decode_share(partial: Partial) -> float:
    """Of the time it took."""
    stages = dict(partial.stage_seconds)
    return stages["decode"] / sum(stages.values())


def parts(spoken: Spoken, hop_samples: int) -> Iterator[tuple[float, bytes]]:
    """What the session hands on, and when."""
    assembly = Assembly(spoken.start, LIMITS, 0.0)
    for there_s, chunk in spoken.chunks:
        assembly.add(chunk, there_s)
        if (part := assembly.due(hop_samples)) is not None:
            yield there_s, part.pcm


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Processor seconds, and what came of them."""
    begin_s = time.process_time()
    made = work()
    return time.process_time() - begin_s, made


def figures(heard: Sequence[Heard]) -> dict[str, Any]:
    """Costs are multiples of the acoustic model's own on whole segments; what is said of words is against the final result."""
    audio_s, offline_s, interim_s, decode_s = (sum(getattr(one, name) for one in heard) for name in ("audio_s", "offline_s", "interim_s", "decode_s"))
    worded = [one for one in heard if one.shown and one.final]
    last = sum((count(list(one.final), [word.word for word in one.shown[-1].words]) for one in worded), NONE)
    return {
        "segments": len(heard),
        "audio_s": round(audio_s, 1),
        "offline_rtf": round(offline_s / audio_s, 5),
        "interim_cost": round(interim_s / offline_s, 2),
        "interim_cost_with_final": round(interim_s / offline_s + 1, 2),
        "decode_cost": round(decode_s / offline_s, 2),
        "live_streams_per_core": round(audio_s / (interim_s + decode_s + offline_s), 1),
        "first_result_ms": percentiles([one.first_ms for one in heard if one.first_ms is not None]),
        "first_words_ms": percentiles([one.first_words_ms for one in heard if one.first_words_ms is not None]),
        "shown_per_s": round(sum(len(one.shown) for one in heard) / audio_s, 2),
        "revisions_per_s": round(sum(one.revisions for one in heard) / audio_s, 2),
        "promised_words": sum(one.shown[-1].stable for one in heard if one.shown),
        "promises_revoked": sum(one.revoked for one in heard),
        "last_partial_against_final_wer": round(last.errors / last.length, 4) if worded else None,
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}": round(float(np.percentile(values, percent)), 1) for percent in LATENCY_PERCENTILES} if values else {}
