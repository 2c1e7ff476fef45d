"""Which frames belong to speech when the detector is deaf."""

from __future__ import annotations

import numpy as np
import pytest

from edge_client.config import VadConfig
from edge_client.gate import FLOOR_MIN_FRAMES, SILENCE_DBFS, SpeechGate
from protos.messages import FRAME_SAMPLES

CONFIG = VadConfig(hold_db=35, floor_margin_db=6)


def frame(level_dbfs: float) -> bytes:
    """As loud as that to a tenth of a decibel, down to -65."""
    return np.full(FRAME_SAMPLES, round(32768 * 10 ** (level_dbfs / 20)), "<i2").tobytes()


def quiet_room(level_dbfs: float = -60.0) -> SpeechGate:
    gate = SpeechGate(CONFIG)
    for _ in range(FLOOR_MIN_FRAMES):
        gate.decide(frame(level_dbfs), voiced=False, in_segment=False)
    return gate


def test_only_the_detector_begins_a_segment() -> None:
    gate = quiet_room()
    assert not gate.decide(frame(-1.0), voiced=False, in_segment=False), "a slammed door"
    assert gate.decide(frame(-50.0), voiced=True, in_segment=False)


def test_within_a_segment_a_soft_ending_still_counts() -> None:
    gate = quiet_room()
    gate.decide(frame(-20.0), voiced=True, in_segment=False)
    assert gate.decide(frame(-50.0), voiced=False, in_segment=True), "30 dB under the loudest, 10 above the room"
    assert not gate.decide(frame(-57.0), voiced=False, in_segment=True), "37 dB under the loudest"


def test_a_loud_room_does_not_hold_a_segment_open() -> None:
    gate = quiet_room(-40.0)
    gate.decide(frame(-20.0), voiced=True, in_segment=False)
    assert not gate.decide(frame(-38.0), voiced=False, in_segment=True), "18 dB under the loudest, but only 2 above the room"


def test_the_loudest_is_that_of_this_segment() -> None:
    gate = quiet_room()
    gate.decide(frame(-5.0), voiced=True, in_segment=False)
    gate.decide(frame(-70.0), voiced=False, in_segment=False)
    gate.decide(frame(-30.0), voiced=True, in_segment=False)
    assert gate.decide(frame(-52.0), voiced=False, in_segment=True)


def test_the_floor_is_the_quietest_tenth_and_unknown_at_first() -> None:
    gate = SpeechGate(CONFIG)
    gate.decide(frame(-30.0), voiced=True, in_segment=True)
    assert gate.floor_dbfs == SILENCE_DBFS
    gate = quiet_room(-50.0)
    for _ in range(200):
        gate.decide(frame(-20.0), voiced=True, in_segment=True)
    assert gate.floor_dbfs == pytest.approx(-50.0, abs=0.1)


def test_the_rooms_level_is_the_same_however_much_of_it_was_silence() -> None:
    """Levels of silence are worked out late: none may be lost or counted twice."""
    early, late, rng = SpeechGate(CONFIG), SpeechGate(CONFIG), np.random.default_rng(0)
    for level in rng.uniform(-60, -20, 400):
        early.decide(frame(level), voiced=False, in_segment=True)
        late.decide(frame(level), voiced=False, in_segment=False)
    assert early.floor_dbfs == late.floor_dbfs
