"""Which frames belong to speech when the detector is deaf."""

from __future__ import annotations

from edge_client.config import VadConfig
from edge_client.gate import FLOOR_MIN_FRAMES, SILENCE_DBFS, SpeechGate

CONFIG = VadConfig(hold_db=35, floor_margin_db=6)


def quiet_room(level_dbfs: float = -60.0) -> SpeechGate:
    gate = SpeechGate(CONFIG)
    for _ in range(FLOOR_MIN_FRAMES):
        gate.decide(level_dbfs, voiced=False, in_segment=False)
    return gate


def test_only_the_detector_begins_a_segment() -> None:
    gate = quiet_room()
    assert not gate.decide(-1.0, voiced=False, in_segment=False), "a slammed door"
    assert gate.decide(-50.0, voiced=True, in_segment=False)


def test_within_a_segment_a_soft_ending_still_counts() -> None:
    gate = quiet_room()
    gate.decide(-20.0, voiced=True, in_segment=False)
    assert gate.decide(-50.0, voiced=False, in_segment=True), "30 dB under the loudest, 10 above the room"
    assert not gate.decide(-57.0, voiced=False, in_segment=True), "37 dB under the loudest"


def test_a_loud_room_does_not_hold_a_segment_open() -> None:
    gate = quiet_room(-40.0)
    gate.decide(-20.0, voiced=True, in_segment=False)
    assert not gate.decide(-38.0, voiced=False, in_segment=True), "18 dB under the loudest, but only 2 above the room"


def test_the_loudest_is_that_of_this_segment() -> None:
    gate = quiet_room()
    gate.decide(-5.0, voiced=True, in_segment=False)
    gate.decide(-70.0, voiced=False, in_segment=False)
    gate.decide(-30.0, voiced=True, in_segment=False)
    assert gate.decide(-52.0, voiced=False, in_segment=True)


def test_the_floor_is_the_quietest_tenth_and_unknown_at_first() -> None:
    gate = SpeechGate(CONFIG)
    gate.decide(-30.0, voiced=True, in_segment=True)
    assert gate.floor_dbfs == SILENCE_DBFS
    gate = quiet_room(-50.0)
    for _ in range(200):
        gate.decide(-20.0, voiced=True, in_segment=True)
    assert gate.floor_dbfs == -50.0
