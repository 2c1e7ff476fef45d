"""Real speech set into silence and noise at known samples: nothing of it may be missed, and most of the silence must stay at home."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from edge_client.config import SegmenterConfig, VadConfig
from edge_client.gate import SpeechGate
from edge_client.segmenter import SegmentContinued, Segmenter
from edge_client.vad import Vad
from protos.messages import FRAME_SAMPLES, AudioFrame

pytestmark = pytest.mark.shared

Signal = npt.NDArray[np.float32]
CLIPS = 40
SILENCE_SHARE = 0.6
# A frame this far below the clip's loudest is still speech.
ENERGETIC_DB = 30.0
BACKGROUNDS = ("rain", "sea_waves", "helicopter", "fire_crackling", "clock_tick")


@dataclass(frozen=True)
class Composite:
    signal: Signal
    spans: tuple[tuple[int, int], ...]
    """[first, last) sample of each clip, from its first to its last energetic frame."""


def trimmed(signal: Signal) -> Signal:
    """From the first to the last energetic frame, pauses included."""
    energetic = energetic_frames(signal)
    return signal[energetic[0] * FRAME_SAMPLES : (energetic[-1] + 1) * FRAME_SAMPLES]


def energetic_frames(signal: Signal) -> npt.NDArray[np.int64]:
    frames = signal[: len(signal) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    level = 10 * np.log10((frames**2).mean(1) + 1e-12)
    return np.flatnonzero(level > level.max() - ENERGETIC_DB)


@pytest.fixture(scope="module")
def recordings(shared_dir: Path) -> list[Signal]:
    """At half of full scale."""
    rows = [json.loads(line) for line in (shared_dir / "speech" / "test.jsonl").read_text().splitlines()]
    rows = [row for row in rows if 2 < row["duration"] < 8]
    chosen = [rows[index] for index in np.linspace(0, len(rows) - 1, CLIPS).astype(int)]
    signals = [soundfile.read(shared_dir / "speech" / row["audio"], dtype="float32")[0] for row in chosen]
    return [signal / np.abs(signal).max() * 0.5 for signal in signals]


def compose(clips: list[Signal]) -> Composite:
    """Gaps of random length between the clips, SILENCE_SHARE of the whole."""
    rng = np.random.default_rng(7)
    silence = sum(map(len, clips)) * SILENCE_SHARE / (1 - SILENCE_SHARE)
    gaps = (rng.dirichlet(np.ones(len(clips) + 1) * 3) * silence).astype(int)
    parts, spans, position = [], [], 0
    for gap, clip in zip(gaps, clips, strict=False):
        spans.append((position + gap, position + gap + len(clip)))
        parts += [np.zeros(gap, np.float32), clip]
        position += gap + len(clip)
    return Composite(np.concatenate([*parts, np.zeros(gaps[-1], np.float32)]), tuple(spans))


def with_noise(composite: Composite, kind: str | None, level_db: float, shared_dir: Path) -> Signal:
    """level_db: of the noise against the speech, both as root mean square."""
    if kind is None:
        return composite.signal
    speech = np.concatenate([composite.signal[first:last] for first, last in composite.spans])
    noise = noise_of(kind, len(composite.signal), shared_dir) * np.sqrt((speech**2).mean()) * 10 ** (level_db / 20)
    return (composite.signal + noise).astype(np.float32)


def noise_of(kind: str, length: int, shared_dir: Path) -> Signal:
    """Root mean square 1."""
    if kind == "white":
        return np.random.default_rng(3).standard_normal(length).astype(np.float32)
    paths = [path for name in BACKGROUNDS for path in sorted((shared_dir / "noise").glob(f"{name}-*.opus"))[:2]]
    assert len(paths) == 2 * len(BACKGROUNDS)
    recordings = [soundfile.read(path, dtype="float32")[0] for path in paths]
    return np.resize(np.concatenate([recording / np.sqrt((recording**2).mean()) for recording in recordings]), length).astype(np.float32)


def sent_samples(signal: Signal) -> npt.NDArray[np.bool_]:
    """Which samples the edge would send."""
    pcm = (np.clip(signal, -1, 1) * 32767).astype("<i2").tobytes()
    config = VadConfig()
    vad, gate, segmenter, sent = Vad(config), SpeechGate(config), Segmenter(SegmenterConfig()), np.zeros(len(signal), bool)
    events = []
    for start in range(0, len(signal), FRAME_SAMPLES):
        frame = AudioFrame(start, pcm[2 * start : 2 * (start + FRAME_SAMPLES)])
        events += segmenter.push(frame, gate.decide(frame.pcm, vad.is_voiced(frame), segmenter.is_open))
    for event in [*events, *segmenter.finish()]:
        if isinstance(event, SegmentContinued):
            sent[event.start_sample : event.start_sample + len(event.pcm) // 2] = True
    return sent


@pytest.mark.parametrize(
    ("noise", "level_db", "most_sent"),
    [
        (None, 0.0, 0.5),
        ("white", -35.0, 0.5),
        ("white", -45.0, 0.5),
        ("recorded", -30.0, 0.85),
        # Recorded rain, waves, engines: the detector takes much of them for voices (benchmarks/LOG.md). Nothing is missed; no half is promised.
        ("recorded", -40.0, 0.85),
        ("recorded", -50.0, 0.85),
    ],
)
def test_every_sample_of_speech_is_sent_and_most_silence_is_not(
    recordings: list[Signal], shared_dir: Path, noise: str | None, level_db: float, most_sent: float
) -> None:
    composite = compose([trimmed(recording) for recording in recordings])
    sent = sent_samples(with_noise(composite, noise, level_db, shared_dir))
    missed = {number: int((~sent[first:last]).sum()) for number, (first, last) in enumerate(composite.spans) if not sent[first:last].all()}
    assert not missed, f"clip -> samples missed: {missed}"
    assert sent.mean() <= most_sent, f"{sent.mean():.1%} of the audio was sent"
