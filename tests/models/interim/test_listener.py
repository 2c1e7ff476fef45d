"""A segment in chunks: partials grow, nothing promised is taken back, and what is kept is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ctc import Logits, log_softmax
from models.decode.hypotheses import words_so_far
from models.interim.listener import CONTEXT_WORDS, MARGIN_S, WINDOW_S, frames_of, hop_samples
from models.interim.listening_recognizer import ListeningRecognizer
from models.recognizer import Recognizer
from models.records import FrameClock
from protos.errors import InvalidAudio, TooLong
from protos.messages import SAMPLE_RATE_HZ, Word


def noise(samples: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).integers(-3000, 3000, samples).astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("clock", "samples"), [(FrameClock(384, 2752), 4992), (FrameClock(320, 400), 5120), (FrameClock(640, 800), 5120), (FrameClock(9000, 9000), 9000)]
)
def test_a_hop_is_whole_frames_near_320_ms(clock: FrameClock, samples: int) -> None:
    assert hop_samples(clock) == samples


def test_too_little_for_a_frame_has_no_partial(listening: ListeningRecognizer, shipped_clock: FrameClock) -> None:
    hearing = listening.listener(0)
    assert hearing.push(noise(shipped_clock.receptive_field_samples - 1)) is None
    assert hearing.push(noise(1)) is not None


def test_a_segment_within_one_window_is_heard_as_one_shot_hears_it(listening: ListeningRecognizer, shipped: Recognizer, root: Path) -> None:
    samples, _ = soundfile.read(root / "tests" / "recordings" / "fresh-tomato-salsa.flac", dtype="int16", frames=20_000)
    pcm = samples.astype("<i2").tobytes()
    partial, (_, logits) = listening.listener(7000).push(pcm), shipped.listen(pcm, 7000)
    assert partial is not None
    assert logits is not None
    head, clock = shipped.head, shipped.bundle.manifest.clock
    log_probs = log_softmax(logits[:, head.first : head.first + head.size])
    assert partial.words == words_so_far(shipped.reader.glance(logits)[0], log_probs, head, clock, shipped.bundle.lag, 7000, 27_000)
    assert [word.word for word in partial.words[:2]] == ["search", "for"]


def test_a_long_segment_is_read_to_its_end_however_it_is_cut(listening: ListeningRecognizer, shipped_clock: FrameClock, root: Path) -> None:
    samples, _ = soundfile.read(root / "tests" / "recordings" / "fresh-tomato-salsa.flac", dtype="int16")
    pcm, hop = samples.astype("<i2").tobytes() * 2, 2 * listening.hop_samples
    whole, stepwise = listening.listener(0), listening.listener(0)
    at_once = whole.push(pcm)
    partials = [stepwise.push(pcm[first : first + hop]) for first in range(0, len(pcm), hop)]
    frames = shipped_clock.frames(len(pcm) // 2)
    for hearing in (whole, stepwise):
        assert hearing._logits is not None
        assert hearing._features is not None
        assert len(hearing._logits) == frames
        assert len(hearing._features) == frames_of(WINDOW_S, shipped_clock)
    assert at_once is not None
    assert partials[-1] is not None
    assert partials[-1].stable > 0
    assert abs(partials[-1].words[-1].end_offset - at_once.words[-1].end_offset) < SAMPLE_RATE_HZ


def test_what_lies_before_the_margin_of_a_window_stays_as_it_was_read_with_more_before_it(
    listening: ListeningRecognizer, shipped_clock: FrameClock
) -> None:
    hearing, hop, before = listening.listener(0), 2 * listening.hop_samples, np.zeros((0, 0), np.float32)
    pcm = noise(48_000)
    for first in range(0, len(pcm), hop):
        hearing.push(pcm[first : first + hop])
        assert hearing._logits is not None
        start = len(hearing._logits) - frames_of(WINDOW_S, shipped_clock)
        kept = start + frames_of(MARGIN_S, shipped_clock) if start > 0 else 0
        if kept:
            np.testing.assert_array_equal(hearing._logits[:kept], before[:kept])
        before = hearing._logits
    assert kept > 0


def test_what_lies_before_the_last_promised_words_is_not_decoded_again(
    listening: ListeningRecognizer, shipped_clock: FrameClock, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, _ = soundfile.read(root / "tests" / "recordings" / "fresh-tomato-salsa.flac", dtype="int16")
    pcm, hop, hearing = samples.astype("<i2").tobytes() * 2, 2 * listening.hop_samples, listening.listener(7000)
    decode, asked = hearing._decode, list[tuple[int, int]]()

    def spy(logits: Logits, start_sample: int, end_sample: int) -> Sequence[Word]:
        asked.append((len(logits), start_sample))
        return decode(logits, start_sample, end_sample)

    monkeypatch.setattr(hearing, "_decode", spy)
    promised: tuple[Word, ...] = ()
    for first in range(0, len(pcm), hop):
        partial = hearing.push(pcm[first : first + hop])
        assert partial is not None
        frames, start = asked[-1]
        begins = promised[-CONTEXT_WORDS].start_offset if len(promised) >= CONTEXT_WORDS else 7000
        assert begins - shipped_clock.stride_samples < start <= begins
        assert hearing._logits is not None
        assert start == 7000 + (len(hearing._logits) - frames) * shipped_clock.stride_samples
        promised = partial.words[: partial.stable]
    assert len(promised) > CONTEXT_WORDS


@given(sizes=st.lists(st.integers(1, 12_000), max_size=10), seed=st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_nothing_promised_is_taken_back(listening: ListeningRecognizer, root: Path, sizes: list[int], seed: int) -> None:
    samples, _ = soundfile.read(root / "tests" / "recordings" / "fresh-tomato-salsa.flac", dtype="int16", start=3000 * seed)
    hearing, promised, first = listening.listener(100), (), 0
    for size in sizes:
        partial = hearing.push(samples[first : first + size].astype("<i2").tobytes())
        first += size
        if partial is not None:
            assert partial.words[: len(promised)] == promised
            assert partial.stable >= len(promised)
            promised = partial.words[: partial.stable]


def test_half_a_sample_and_more_than_the_model_takes_are_refused(listening: ListeningRecognizer, shipped: Recognizer) -> None:
    hearing = listening.listener(0)
    with pytest.raises(InvalidAudio, match="3 bytes"):
        hearing.push(b"abc")
    with pytest.raises(TooLong, match=r"480001 samples so far, at most 480000"):
        hearing.push(bytes(2 * (shipped.bundle.manifest.max_samples + 1)))
