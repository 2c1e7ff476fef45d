"""What a machine and a person get to read."""

from __future__ import annotations

import json
from dataclasses import replace

from edge_client import render
from edge_client.app import Summary
from edge_client.ledger import SegmentOutcome
from protos import messages as m

WORD = m.Word("pie", 16_000, 24_000, 0.5)
RESULT = m.Result(
    2, m.FinalReason.RECOGNIZED, (m.Hypothesis("apple pie", 0.8125, -2.0, (WORD,)), m.Hypothesis("a pull pie", 0.1)), True, 0.0, "kitchen@3",
    (m.StageTiming("queue", 0.0015), m.StageTiming("infer", 0.0204)),
)  # fmt: skip
HITS = m.SearchResults(2, tuple(m.SearchHit(f"id{n}", f"Title {n}", score=5 - n) for n in range(5)), m.SearchOutcome.FOUND)
OUTCOME = SegmentOutcome(2, 8_000, 40_000, RESULT, HITS, 0.0255)


def test_a_segment_is_one_json_object_with_the_promised_keys() -> None:
    row = json.loads(json.dumps(render.segment_row(OUTCOME)))
    promised = {
        "segment_id": 2,
        "start_seconds": 0.5,
        "end_seconds": 2.5,
        "transcript": "apple pie",
        "confidence": 0.8125,
        "timings": {"queue_ms": 1.5, "infer_ms": 20.4, "end_to_end_ms": 25.5},
        "model_version": "kitchen@3",
    }
    assert promised.items() <= row.items()
    assert row["hits"][0] == {"id": "id0", "title": "Title 0", "score": 5.0}
    assert row["alternatives"] == [
        {"transcript": "apple pie", "confidence": 0.8125, "words": [{"word": "pie", "start_seconds": 1.0, "end_seconds": 1.5, "confidence": 0.5}]},
        {"transcript": "a pull pie", "confidence": 0.1, "words": []},
    ]


def test_a_rejected_segment_says_why_and_nothing_else() -> None:
    reject = m.Reject(3, m.RejectReason.OVERLOADED, 1.0, "60 s of audio are queued")
    row = render.segment_row(SegmentOutcome(3, 0, 16_000, reject, None, 0.0))
    assert row == {
        "segment_id": 3, "start_seconds": 0.0, "end_seconds": 1.0, "reject": {"reason": "OVERLOADED", "message": "60 s of audio are queued"},
    }  # fmt: skip
    assert "REJECTED OVERLOADED: 60 s of audio are queued" in render.segment_text(SegmentOutcome(3, 0, 16_000, reject, None, 0.0))


def test_a_person_reads_when_what_how_sure_hits_and_milliseconds_in_one_line() -> None:
    line = render.segment_text(OUTCOME)
    assert "\n" not in line
    for part in ("0.50-2.50 s", '"apple pie" (0.81)', "1. Title 0, 2. Title 1, 3. Title 2", "queue 2", "infer 20", "end to end 26"):
        assert part in line
    assert "Title 3" not in line


def test_what_was_not_heard_or_found_is_said() -> None:
    empty = SegmentOutcome(1, 0, 16_000, m.Result(1, m.FinalReason.NO_SPEECH, is_final=True), None, 0.0)
    assert "(no words)" in render.segment_text(empty)
    assert render.segment_row(empty)["transcript"] == ""
    assert render.hits_text(m.SearchResults(1, (), m.SearchOutcome.NOTHING_FOUND)) == "nothing found"
    assert render.hits_text(m.SearchResults(1, (), m.SearchOutcome.UNAVAILABLE)) == "search unavailable"


def test_a_summary_has_the_promised_keys_and_a_file_without_speech_says_so() -> None:
    summary = Summary(10.0, 3.0, 4.0, 128_000, 2, 1)
    assert {"captured_seconds": 10.0, "sent_seconds": 4.0, "bytes_sent": 128_000, "bytes_saved_ratio": 0.6}.items() <= render.summary_row(
        summary
    ).items()
    assert render.summary_text(summary) == "2 segments, 1 rejected; 4.0 of 10.0 s sent, 60% of the bytes saved"
    assert render.summary_text(Summary(3.0, 0.0, 0.0, 0, 0, 0)) == "no speech in 3.0 s"
    assert Summary(0.0, 0.0, 0.0, 0, 0, 0).bytes_saved_ratio == 0.0


def test_what_a_server_says_cannot_steer_a_terminal() -> None:
    hits = m.SearchResults(2, (m.SearchHit("id", "\x1b]0;owned\x07pie\n", score=1.0),), m.SearchOutcome.FOUND)
    line = render.segment_text(SegmentOutcome(2, 0, 100, RESULT, hits, 0.0))
    assert line.isprintable()
    assert "]0;owned" in line
    reject = m.Reject(2, m.RejectReason.INTERNAL, None, "\x1b[2J")
    assert render.segment_text(SegmentOutcome(2, 0, 100, reject, None, 0.0)).isprintable()


def test_an_interim_result_says_what_is_stable_and_until_when_was_heard() -> None:
    result = m.Result(3, alternatives=(m.Hypothesis("apple pie with"),), stability=2 / 3, capture_start=16_000, capture_end=32_000, stable_words=2)
    result = replace(result, hits=(m.SearchHit("7", "Apple pie", score=2.00001),))
    assert render.interim_row(result) == {
        "segment_id": 3, "interim": True, "start_seconds": 1.0, "heard_until_seconds": 2.0, "transcript": "apple pie with", "stable": "apple pie",
        "stability": 0.6667, "hits": [{"id": "7", "title": "Apple pie", "score": 2.0}],
    }  # fmt: skip
    assert render.interim_parts(m.Result(3)) == ("", "")
