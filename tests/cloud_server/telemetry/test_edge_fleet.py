"""Sums over whoever is connected now."""

from __future__ import annotations

from cloud_server.telemetry.edge_fleet import EdgeFleet
from protos.messages import EdgeReport, MicrophoneState


def test_a_report_takes_the_place_of_the_one_before() -> None:
    fleet = EdgeFleet()
    fleet.reported("a", EdgeReport(spooled_segments=3, spooled_bytes=900, microphone_state=MicrophoneState.OK), 100.0)
    fleet.reported("b", EdgeReport(spooled_segments=1, spooled_bytes=50, microphone_state=MicrophoneState.LOST), 100.0)
    fleet.reported("a", EdgeReport(spooled_segments=2, spooled_bytes=600, microphone_state=MicrophoneState.OK), 130.0)
    assert (fleet.segments, fleet.audio_bytes) == (3, 650)
    assert [fleet.microphones(state) for state in (MicrophoneState.OK, MicrophoneState.LOST, MicrophoneState.MUTED)] == [1, 1, 0]


def test_the_oldest_of_all_is_told_as_a_moment_not_as_an_age() -> None:
    fleet = EdgeFleet()
    assert fleet.oldest_s is None
    fleet.reported("a", EdgeReport(oldest_unanswered=5.0), 100.0)
    fleet.reported("b", EdgeReport(oldest_unanswered=20.0), 101.0)
    fleet.reported("c", EdgeReport(oldest_unanswered=-7.0), 102.0)
    assert fleet.oldest_s == 81.0
    fleet.left("b")
    assert fleet.oldest_s == 95.0


def test_who_left_is_no_longer_counted_and_may_leave_twice() -> None:
    fleet = EdgeFleet()
    fleet.reported("a", EdgeReport(spooled_segments=3), 100.0)
    fleet.left("a")
    fleet.left("a")
    assert fleet.segments == 0
