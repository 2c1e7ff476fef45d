"""Feedback is checked always, and kept only where the person and the server both say so, and no longer than promised."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from cloud_server.app import running_server
from cloud_server.catalogues import load_catalogues
from cloud_server.config import Config
from cloud_server.feedback import MAX_DAYS, MAX_SEGMENTS, Feedback, FeedbackLog, checked, deletion_day, evidence, last_day
from cloud_server.search.heard import Heard
from cloud_server.search.ranking import rank
from cloud_server.search.weights import SHIPPED, as_mapping
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ConfigurationError, InvalidRequest
from tests import fakes
from tests.cloud_server.conftest import STUB
from tests.cloud_server.test_service import converse

NOW = datetime(2026, 5, 1, 13, 30, tzinfo=UTC)
CLICK = Feedback("s", 1, "clicked", {"hit_id": "pie", "position": 0})
YES = pb.DataUse(allow_retention=True, policy_version="3")


def lines(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(directory.iterdir()) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("request_", "details"),
    [
        (pb.SubmitFeedbackRequest(clicked=pb.ClickedHit(hit_id="pie", position=0)), {"hit_id": "pie", "position": 0}),
        (pb.SubmitFeedbackRequest(corrected=pb.CorrectedText(transcript="apple pie")), {"transcript": "apple pie"}),
        (pb.SubmitFeedbackRequest(gave_up=pb.GaveUp()), {}),
        (pb.SubmitFeedbackRequest(asked_again=pb.AskedAgain(next_segment_id=2)), {"next_segment_id": 2}),
    ],
)
def test_every_kind_has_its_own_details(request_: pb.SubmitFeedbackRequest, details: dict[str, object]) -> None:
    request_.session_id, request_.segment_id = "s", 1
    assert checked(request_) == Feedback("s", 1, request_.WhichOneof("feedback") or "", details)
    request_.segment_id = 0
    with pytest.raises(InvalidRequest, match="segment_id 0 at least 1"):
        checked(request_)


@pytest.mark.parametrize("use", [pb.DataUse(), pb.DataUse(policy_version="3"), pb.DataUse(allow_retention=True, retention=Duration(seconds=60))])
def test_without_consent_or_for_less_than_a_day_nothing_is_kept(tmp_path: Path, use: pb.DataUse) -> None:
    assert not FeedbackLog(tmp_path).keep(CLICK, use, NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_a_folder_keeps_nothing() -> None:
    feedback = FeedbackLog(None)
    assert not feedback.keep(CLICK, YES, NOW)
    assert not feedback.keeps
    feedback.delete_expired(NOW.date())


def test_what_is_kept_has_what_was_heard_and_found(tmp_path: Path) -> None:
    feedback = FeedbackLog(tmp_path / "new" / "folder")
    feedback.remember("s", 1, "person 7", '{"alternatives": []}')
    assert feedback.keep(CLICK, YES, NOW)
    assert feedback.keep(Feedback("other", 1, "gave_up"), YES, NOW)
    kept = lines(tmp_path / "new" / "folder")
    about = {"time": "2026-05-01T13:30:00+00:00", "policy_version": "3"}
    assert kept == [
        {
            "session_id": "s",
            "segment_id": 1,
            "kind": "clicked",
            "details": CLICK.details,
            "subject_id": "person 7",
            "seen": {"alternatives": []},
            **about,
        },
        {"session_id": "other", "segment_id": 1, "kind": "gave_up", "details": {}, "subject_id": "", "seen": None, **about},
    ]
    (path,) = (tmp_path / "new" / "folder").iterdir()
    assert path.stat().st_mode & 0o077 == 0, "for nobody else"


@given(st.integers(0, 100 * 86_400), st.integers(0, 366 * 1440))
def test_nothing_is_kept_longer_than_promised(seconds: int, minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    day = deletion_day(pb.DataUse(allow_retention=True, retention=Duration(seconds=seconds)), now)
    if day is None:
        assert seconds < 86_400
    else:
        deleted = datetime.combine(day, time(), UTC)
        assert now < deleted <= now + min(timedelta(seconds=seconds), timedelta(days=MAX_DAYS))


def test_files_go_when_their_day_has_come(tmp_path: Path) -> None:
    feedback = FeedbackLog(tmp_path)
    for days in (1, 9):
        feedback.keep(CLICK, pb.DataUse(allow_retention=True, retention=Duration(seconds=days * 86_400)), NOW)
    assert [last_day(path) for path in sorted(tmp_path.iterdir())] == [date(2026, 5, 2), date(2026, 5, 10)]
    (tmp_path / "notes.txt").write_text("of somebody else")
    feedback.delete_expired(date(2026, 5, 2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "until-2026-05-10.jsonl"]


def test_what_is_kept_is_bounded_and_what_would_go_next_goes_first(tmp_path: Path) -> None:
    feedback = FeedbackLog(tmp_path, max_bytes=1000)
    for day in range(40):
        feedback.keep(CLICK, YES, NOW + timedelta(hours=8 * day))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000
    assert max(last_day(path) for path in tmp_path.iterdir()) == (NOW + timedelta(hours=8 * 39, days=MAX_DAYS)).date()


def test_what_waits_for_feedback_is_bounded(tmp_path: Path) -> None:
    feedback = FeedbackLog(tmp_path)
    for segment_id in range(1, MAX_SEGMENTS + 2):
        feedback.remember("s", segment_id, "", "{}")
    feedback.keep(CLICK, YES, NOW)
    feedback.keep(Feedback("s", 2, "gave_up"), YES, NOW)
    assert [line["seen"] for line in lines(tmp_path)] == [None, {}]


def test_a_folder_that_cannot_be_made_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="feedback cannot be kept there"):
        FeedbackLog(tmp_path / "file")


def test_evidence_has_every_way_of_every_hit_and_of_the_next_best(catalogue: Path, tmp_path: Path) -> None:
    engine = load_catalogues([], [catalogue], tmp_path).engine("small")
    heard = Heard((m.Hypothesis("apple bread", 0.8, -1.5),))
    candidates = engine.candidates(heard)
    fits = [-0.5 - place for place in range(len(candidates))]
    told = json.loads(evidence(heard, engine, candidates, fits, rank(candidates, fits, 1)))
    assert told["alternatives"] == [{"transcript": "apple bread", "confidence": 0.8, "log_prob": -1.5}]
    first, *others = told["candidates"]
    assert (first["id"], first["shown"], first["fit"]) == (candidates[0].document.id, 0, -0.5)
    assert {row["id"] for row in told["candidates"]} == {"pie", "bread"}
    assert others[0]["shown"] is None
    assert first["ways"].keys() >= {"title", "trigram"}
    assert (first["worded"], told["weights"]) == (candidates[0].worded, as_mapping(SHIPPED)), "without them the scores would say nothing later"


@pytest.mark.parametrize("agreed", [True, False])
async def test_a_session_that_agrees_leaves_what_weights_are_tuned_by(catalogue: Path, tmp_path: Path, agreed: bool) -> None:
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), feedback_dir=tmp_path / "kept")
    use = m.DataUse(allow_retention=agreed)
    async with running_server(config, STUB) as server, grpc.aio.insecure_channel(server.address) as channel:
        opening, *_ = await converse(channel, m.StreamingConfig(subject_id="p7", data_use=use), *fakes.requests_of(fakes.speech(4000)))
        assert isinstance(opening, m.Session)
        stub = pb_grpc.SpeechSearchStub(channel)
        corrected = pb.SubmitFeedbackRequest(
            session_id=opening.session_id, segment_id=1, corrected=pb.CorrectedText(transcript="apple pie"), data_use=YES
        )
        assert (await stub.SubmitFeedback(corrected)).kept
    (line,) = lines(tmp_path / "kept")
    assert line["details"] == {"transcript": "apple pie"}
    if not agreed:
        assert (line["seen"], line["subject_id"]) == (None, ""), "this word of theirs, and nothing of what was heard"
        return
    assert line["subject_id"] == "p7"
    assert line["seen"]["catalogue"] == "small"
    assert line["seen"]["alternatives"][0]["transcript"] == fakes.transcript_of(fakes.speech(4000).pcm)


@pytest.mark.parametrize(
    ("seconds", "nanos", "days"), [(2**63 - 1, 999_999_999, MAX_DAYS), (315_576_000_000, 0, MAX_DAYS), (-(2**63), 0, None), (0, 0, None)]
)
def test_a_promise_longer_or_shorter_than_time_is_no_error(seconds: int, nanos: int, days: int | None) -> None:
    day = deletion_day(pb.DataUse(allow_retention=True, retention=Duration(seconds=seconds, nanos=nanos)), NOW)
    assert day == (None if days is None else (NOW + timedelta(days=days)).date())
