"""What the detector calls speech and nobody was sent."""

from __future__ import annotations

from edge_client.missed import SETTLED_SAMPLES, MissedSpeech
from protos.messages import FRAME_SAMPLES


def hear(missed: MissedSpeech, first: int, count: int, *, is_voiced: bool = True, is_sent: bool = False) -> None:
    for number in range(first, first + count):
        missed.hear(number * FRAME_SAMPLES, FRAME_SAMPLES, is_voiced=is_voiced, is_sent=is_sent)


def test_a_click_that_opened_nothing_is_missed_once_it_is_too_old_to_be_sent() -> None:
    missed = MissedSpeech()
    hear(missed, 0, 2)
    assert missed.samples == 0
    hear(missed, 2, SETTLED_SAMPLES // FRAME_SAMPLES + 2, is_voiced=False)
    assert missed.samples == 2 * FRAME_SAMPLES


def test_the_onset_that_opened_a_segment_is_in_its_pre_roll() -> None:
    missed = MissedSpeech()
    hear(missed, 0, 1)
    hear(missed, 100, 3)
    missed.sent_from(95 * FRAME_SAMPLES)
    hear(missed, 103, 50, is_sent=True)
    missed.finish()
    assert missed.samples == FRAME_SAMPLES


def test_silence_is_never_missed() -> None:
    missed = MissedSpeech()
    hear(missed, 0, 500, is_voiced=False)
    missed.finish()
    assert missed.samples == 0
