"""From any rate to 20 ms frames: nothing lost, nothing invented."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_client.resample import FRAME_BYTES, Framer, to_pcm
from protos.errors import ConfigurationError, InvalidAudio
from protos.messages import FRAME_SAMPLES, AudioFrame


def frames_of(framer: Framer, signal: np.ndarray, sizes: list[int]) -> list[AudioFrame]:
    frames, position = [], 0
    for size in sizes:
        frames += framer.push(signal[position : position + size])
        position += size
    return [*frames, *framer.push(signal[position:]), *framer.finish()]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 900), max_size=12), st.integers(0, 5000))
def test_at_16_khz_every_sample_comes_out_once_however_it_came_in(sizes: list[int], length: int) -> None:
    samples = (np.arange(length) % 60_000 - 30_000).astype("<i2")
    frames = frames_of(Framer(16_000), (samples / np.float32(32768)).astype(np.float32), sizes)
    assert b"".join(frame.pcm for frame in frames) == samples.tobytes()
    assert [frame.start_sample for frame in frames] == [index * FRAME_SAMPLES for index in range(len(frames))]
    assert all(len(frame.pcm) == FRAME_BYTES for frame in frames[:-1])


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_any_rate_keeps_length_and_tone_whatever_the_blocks(rate_hz: int) -> None:
    time = np.arange(rate_hz) / rate_hz
    tone = (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    once = b"".join(frame.pcm for frame in frames_of(Framer(rate_hz), tone, []))
    pieces = b"".join(frame.pcm for frame in frames_of(Framer(rate_hz), tone, [1, 7, 441, 1000, 3]))
    assert len(once) // 2 == pytest.approx(16_000, abs=2)
    heard = np.frombuffer(pieces, "<i2").astype(float)
    assert np.argmax(np.abs(np.fft.rfft(heard[:16_000]))) == pytest.approx(440, abs=1)
    assert len(pieces) == len(once)


def test_channels_are_averaged() -> None:
    stereo = np.stack([np.full(320, 0.5, np.float32), np.full(320, -0.25, np.float32)], axis=1)
    (frame,) = Framer(16_000).push(stereo)
    assert np.frombuffer(frame.pcm, "<i2")[0] == round(0.125 * 32768)


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_one_channel_in_a_column_is_heard_as_it_is(rate_hz: int) -> None:
    samples = np.random.default_rng(4).uniform(-1, 1, 960).astype(np.float32)
    row, column = Framer(rate_hz), Framer(rate_hz)
    assert row.push(samples) + row.finish() == column.push(samples.reshape(-1, 1)) + column.finish()


def test_a_gap_moves_the_capture_clock_and_loses_nothing_before_it() -> None:
    framer = Framer(16_000)
    before = framer.push(np.zeros(400, np.float32)) + framer.gap(0.5)
    assert sum(len(frame.pcm) for frame in before) == 800
    (after,) = framer.push(np.zeros(320, np.float32))
    assert after.start_sample == 400 + 8000


def test_floats_are_clipped_before_they_are_cast() -> None:
    assert np.frombuffer(to_pcm(np.array([2.0, -2.0, 0.5, 0.0], np.float32)), "<i2").tolist() == [32767, -32768, 16384, 0]
    with pytest.raises(InvalidAudio, match="sample 1"):
        to_pcm(np.array([0.0, np.nan], np.float32))


def test_what_is_absurdly_loud_is_clipped_and_no_fault() -> None:
    assert np.frombuffer(to_pcm(np.array([1e20, -1e25, 0.5], np.float32)), "<i2").tolist() == [32767, -32768, 16384]
    for value in (np.inf, -np.inf):
        with pytest.raises(InvalidAudio, match="sample 2"):
            to_pcm(np.array([0.0, 0.0, value], np.float32))


@pytest.mark.parametrize("rate_hz", [16_000, 8_000])
def test_samples_that_are_integers_already_come_out_as_they_would_through_floats(rate_hz: int) -> None:
    samples = np.random.default_rng(3).integers(-32768, 32768, 1000).astype("<i2")
    direct, through = Framer(rate_hz), Framer(rate_hz)
    frames = direct.push_pcm(samples[:350].tobytes()) + direct.push_pcm(samples[350:].tobytes()) + direct.finish()
    floats = samples.astype(np.float32) / np.float32(32768)
    assert frames == through.push(floats[:350]) + through.push(floats[350:]) + through.finish()


@pytest.mark.parametrize("rate_hz", [0, -1, 3_999, 400_000])
def test_a_rate_no_audio_has_is_refused(rate_hz: int) -> None:
    with pytest.raises(ConfigurationError, match=f"sample rate is {rate_hz} Hz"):
        Framer(rate_hz)
