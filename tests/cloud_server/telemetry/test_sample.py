"""One segment a second is measured, beside everything else, whatever it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest

from cloud_server.telemetry.sample import Sample, flags
from models.features import pcm_to_waveform
from models.measures import measures
from models.records import Recognition
from models.transcribe import read_pcm
from protos.messages import SAMPLE_RATE_HZ, FinalReason, Hypothesis

HEARD = Recognition(FinalReason.RECOGNIZED, (Hypothesis("pumpkin pie", 0.9),), ())
EMPTY = Recognition(FinalReason.NO_SPEECH, (), ())


class Told:
    def __init__(self) -> None:
        self.all: list[tuple[Mapping[str, float], list[str]]] = []

    def __call__(self, found: Mapping[str, float], flags: Iterable[str]) -> None:
        self.all.append((found, list(flags)))


def at_once(start: Callable[[], None]) -> None:
    start()


def test_a_segment_waits_until_its_answer_has_left_and_is_forgotten_if_the_server_stops_first() -> None:
    waiting: list[Callable[[], None]] = []
    told = Told()
    sample = Sample(told, 0.0, later=waiting.append)
    assert sample.offer(bytes(3200), EMPTY)
    sample.close()
    waiting[0]()
    assert told.all == []


def test_a_recording_is_measured_as_models_measure_it(root: Path) -> None:
    pcm, told = read_pcm(root / "tests" / "recordings" / "pumpkin-pie.flac"), Told()
    sample = Sample(told, later=at_once)
    assert sample.offer(pcm, HEARD)
    sample.close()
    ((found, wrong),) = told.all
    assert found == measures(pcm_to_waveform(pcm), HEARD)
    assert found["words"] == 2
    assert wrong == []


def test_what_comes_before_the_next_one_is_due_is_not_measured() -> None:
    now_s, told = [0.0], Told()
    sample = Sample(told, 1.0, lambda: now_s[0], at_once)
    assert sample.offer(bytes(3200), EMPTY)
    now_s[0] = 0.9
    assert not sample.offer(bytes(3200), EMPTY)
    sample.close()
    assert len(told.all) == 1


def test_one_that_cannot_be_measured_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    sample = Sample(told, 0.0, later=at_once)
    sample.offer(b"odd", EMPTY)
    sample.close()
    assert told.all == []
    assert "3 bytes could not be measured" in caplog.text


@pytest.mark.parametrize(
    ("wave", "wrong"),
    [
        (0.1, []),
        (0.0005, ["quiet"]),
        (4.0, ["clipped"]),
    ],
)
def test_a_microphone_that_is_set_wrong_is_flagged(wave: float, wrong: list[str]) -> None:
    waveform = np.clip(wave * np.sin(np.arange(SAMPLE_RATE_HZ) / 20), -1, 1).astype(np.float32)
    assert flags(waveform, measures(waveform, EMPTY)) == wrong


def test_a_microphone_with_an_offset_is_flagged() -> None:
    waveform = (0.1 + 0.1 * np.sin(np.arange(SAMPLE_RATE_HZ) / 20)).astype(np.float32)
    assert flags(waveform, measures(waveform, EMPTY)) == ["offset"]


def test_no_samples_have_no_flags() -> None:
    assert flags(np.zeros(0, np.float32), {}) == []
