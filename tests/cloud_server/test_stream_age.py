"""A stream does not last for ever; its session does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from cloud_server import service
from cloud_server.app import running_server
from cloud_server.config import Config
from protos import messages as m
from tests import fakes
from tests.cloud_server.conftest import STUB
from tests.cloud_server.test_service import Conversation, converse


async def test_an_old_stream_is_sent_on_and_its_session_goes_on(catalogue: Path) -> None:
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), max_stream_s=0.05)
    async with running_server(config, STUB) as server, grpc.aio.insecure_channel(server.address) as channel:
        talk = Conversation(channel)
        start, *rest = fakes.requests_of(fakes.speech(4000))
        await talk.say(m.StreamingConfig(), start)
        opening, _, farewell = [await talk.hear() for _ in range(3)]
        assert isinstance(opening, m.Session)
        assert opening.limits is not None
        assert opening.limits.max_stream == pytest.approx(0.05)
        assert isinstance(farewell, m.GoAway)
        assert "0.05 s old" in farewell.reason
        await talk.say(*rest)
        answers = [await talk.hear() for _ in range(2)]
        assert kinds(answers) == ["Result", "SearchResults"], "what was begun is finished"
        again = m.StreamingConfig(resume_token=opening.resume_token)
        resumed, *others = await converse(channel, again, *fakes.requests_of(replace(fakes.speech(4000, 2), segment_id=2)))
    assert isinstance(resumed, m.Session)
    assert resumed.resumed
    assert kinds(others) in (["SegmentAccepted", "Result", "SearchResults"], ["GoAway", "Reject"]), "the second stream grows old as well"


async def test_an_old_stream_that_does_not_go_is_ended(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ENDING_GRACE_S", 0.05)
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), max_stream_s=0.05)
    async with running_server(config, STUB) as server, grpc.aio.insecure_channel(server.address) as channel:
        talk = Conversation(channel)
        await talk.say(m.StreamingConfig(), m.SegmentStart(1))
        assert kinds([await talk.hear() for _ in range(4)]) == ["Session", "SegmentAccepted", "GoAway", "Reject"]
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await talk.hear()
    assert failure.value.code() is grpc.StatusCode.OUT_OF_RANGE


def kinds(responses: Sequence[m.Response]) -> list[str]:
    return [type(response).__name__ for response in responses]
