from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.bundle import Bundle
from models.recognizer import Recognizer
from models.transcribe import Stretch, read_pcm, read_stretches, transcribe
from protos.errors import ConfigurationError, InvalidAudio, TooLong
from protos.messages import FinalReason


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Bundle) -> Recognizer:
    return Recognizer(tiny_bundle)


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = 16000, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return path


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).integers(-3000, 3000, samples).astype(np.int16)


def test_a_recording_is_read_sample_for_sample(tmp_path: Path) -> None:
    samples = np.array([0, 1, -1, 32767, -32768], np.int16)
    for name in ("a.wav", "a.flac"):
        assert read_pcm(write_wav(tmp_path / name, samples)) == samples.tobytes()


def test_float_recordings_clip(tmp_path: Path) -> None:
    pcm = read_pcm(write_wav(tmp_path / "a.wav", np.array([2.0, -2.0, 0.5]), subtype="FLOAT"))
    assert np.frombuffer(pcm, "<i2").tolist() == [32767, -32768, 16384]


def test_a_sample_that_is_no_number_is_refused_with_the_files_name(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.array([0.0, np.nan]), subtype="FLOAT")
    with pytest.raises(InvalidAudio, match=f"{path}: sample 1 is nan"):
        read_pcm(path)


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (44100, 1), (16000, 2)])
def test_another_rate_or_more_channels_are_refused_with_the_way_out(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros((100, channels), np.int16), rate_hz)
    with pytest.raises(ConfigurationError, match=rf"{channels} channels at {rate_hz} Hz.*harken-edge ask"):
        read_pcm(path)


@pytest.mark.parametrize("content", [None, b"", b"not audio", b"RIFF\xff\xff\xff\xffWAVE"])
def test_what_is_no_recording_is_refused_with_the_files_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=str(path)):
        read_pcm(path)


def test_stretches_are_read_in_order_beside_their_file(tmp_path: Path) -> None:
    rows = [{"audio": "a.wav", "start_sample": 0, "sample_count": 5}, {"audio": "b/c\u2028d.wav", "start_sample": 7, "sample_count": 0, "extra": 1}]
    path = tmp_path / "stretches.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")
    assert read_stretches(path) == [Stretch(tmp_path / "a.wav", 0, 5), Stretch(tmp_path / "b/c\u2028d.wav", 7, 0)]
    path.write_text("")
    assert read_stretches(path) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "5",
        "{}",
        "[" * 100_000,
        '{"audio": 5, "start_sample": 0, "sample_count": 1}',
        '{"audio": "a", "start_sample": 1.9, "sample_count": 1}',
        '{"audio": "a", "start_sample": "1", "sample_count": 1}',
        '{"audio": "a", "start_sample": true, "sample_count": 1}',
        '{"audio": "a", "start_sample": 0, "sample_count": 1e999}',
        '{"audio": "a", "start_sample": 0}',
    ],
    ids=lambda line: line[:40],
)
def test_a_broken_row_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "stretches.jsonl"
    path.write_text('{"audio": "a", "start_sample": 0, "sample_count": 1}\n' + line + "\n")
    with pytest.raises(ConfigurationError, match=f"{path} line 2: "):
        read_stretches(path)


def test_a_file_of_stretches_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        read_stretches(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="binary: is not UTF-8"):
        read_stretches(tmp_path / "binary")


def test_stretches_are_heard_in_order_as_the_recogniser_hears_their_samples(tmp_path: Path, tiny: Recognizer) -> None:
    samples = noise(20_000)
    path = write_wav(tmp_path / "a.wav", samples)
    stretches = [Stretch(path), Stretch(path, 4000), Stretch(path, 100, 9000), Stretch(path, 20_000, 0), Stretch(path, 0, 0)]
    heard = list(transcribe(tiny, stretches))
    assert [stretch for stretch, _ in heard] == stretches
    bounds = [(0, 20_000), (4000, 20_000), (100, 9100), (20_000, 20_000), (0, 0)]
    assert [answer.alternatives for _, answer in heard] == [tiny.recognize(samples[a:b].tobytes(), a).alternatives for a, b in bounds]
    assert heard[-1][1].final_reason == FinalReason.TOO_SHORT


@pytest.mark.parametrize(("start", "count"), [(-1, 5), (0, -1), (0, 101), (101, 0), (101, None), (50, 51), (2**70, 1)])
def test_a_stretch_outside_its_recording_is_refused(tmp_path: Path, tiny: Recognizer, start: int, count: int | None) -> None:
    path = write_wav(tmp_path / "a.wav", noise(100))
    with pytest.raises(ConfigurationError, match=f"{path}: has 100 samples"):
        list(transcribe(tiny, [Stretch(path, start, count)]))


def test_a_recording_that_is_too_long_is_named_with_the_way_out(tmp_path: Path, tiny: Recognizer) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros(30 * 16000 + 1, np.int16))
    with pytest.raises(TooLong, match=f"{path}: .*--segments"):
        list(transcribe(tiny, [Stretch(path)]))
