"""Files and exact stretches of files, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.recognizer import Recognizer
from models.transcribe import Stretch, read_pcm, read_stretches, transcribe
from protos.errors import ConfigurationError, TooLong
from protos.messages import FinalReason
from tests.models.tiny import CLOCK, bundle_of, saying, speaking_graph

SAMPLES = np.random.default_rng(1).integers(-9000, 9000, 16_000).astype(np.int16)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a.flac"
    soundfile.write(path, SAMPLES, 16_000, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(bundle_of(speaking_graph(saying("hello " * 120))))


def test_a_16_bit_recording_is_read_sample_by_sample(recording: Path) -> None:
    assert read_pcm(recording) == SAMPLES.astype("<i2").tobytes()


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 2), (44100, 1)])
def test_another_rate_or_more_channels_are_refused(tmp_path: Path, rate_hz: int, channels: int) -> None:
    soundfile.write(tmp_path / "b.wav", np.zeros((100, channels)), rate_hz)
    with pytest.raises(ConfigurationError, match=rf"b\.wav: has {channels} channels at {rate_hz} Hz"):
        read_pcm(tmp_path / "b.wav")


@pytest.mark.parametrize("content", [None, b"", b"no sound"])
def test_what_is_no_recording_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "c.wav").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"c\.wav"):
        read_pcm(tmp_path / "c.wav")


def test_a_whole_file_and_a_stretch_of_it_are_timed_from_the_files_start(recognizer: Recognizer, recording: Path) -> None:
    whole, part, rest = (
        answer for _, answer in transcribe(recognizer, [Stretch(recording), Stretch(recording, 4000, 8000), Stretch(recording, 15_999)])
    )
    assert whole.alternatives[0].words[0].start_offset == CLOCK.span(0)[0]
    assert part.alternatives[0].words[0].start_offset == 4000 + CLOCK.span(0)[0]
    assert part.alternatives[0].words[-1].end_offset <= 12_000
    assert rest.final_reason is FinalReason.TOO_SHORT


@pytest.mark.parametrize(("start", "count"), [(-1, 10), (0, 16_001), (16_001, None), (15_000, 1001), (100, -1)])
def test_a_stretch_outside_its_recording_is_refused(recognizer: Recognizer, recording: Path, start: int, count: int | None) -> None:
    with pytest.raises(ConfigurationError, match=r"a\.flac: has 16000 samples"):
        list(transcribe(recognizer, [Stretch(recording, start, count)]))


def test_a_recording_longer_than_the_model_takes_is_refused_by_name_with_the_way_out(recognizer: Recognizer, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.tile(SAMPLES, 31), 16_000)
    with pytest.raises(TooLong, match=r"long\.wav: the segment has 31\.00 s, .* --segments"):
        list(transcribe(recognizer, [Stretch(tmp_path / "long.wav")]))
    assert len(list(transcribe(recognizer, [Stretch(tmp_path / "long.wav", 16_000 * 25, 16_000)]))) == 1


def test_stretches_are_read_relative_to_their_file(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(json.dumps({"audio": "x/a.flac", "start_sample": 3, "sample_count": 4, "text": "ignored"}) + "\n")
    assert read_stretches(tmp_path / "s.jsonl") == [Stretch(tmp_path / "x/a.flac", 3, 4)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[1]",
        "3",
        '{"audio": "a"}',
        '{"audio": 1, "start_sample": 0, "sample_count": 1}',
        '{"audio": "a", "start_sample": "x", "sample_count": 1}',
    ],
)
def test_a_row_that_is_no_stretch_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    good = json.dumps({"audio": "a", "start_sample": 0, "sample_count": 1})
    (tmp_path / "s.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"s\.jsonl line 2: "):
        read_stretches(tmp_path / "s.jsonl")


def test_a_missing_list_of_stretches_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.jsonl"):
        read_stretches(tmp_path / "none.jsonl")
