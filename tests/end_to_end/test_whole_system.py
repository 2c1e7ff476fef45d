"""The shipped bundle through a real server and the real client: nothing is changed on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloud_server.app import running_server
from cloud_server.config import Config as ServerConfig
from edge_client.app import EdgeSession, SegmentOutcome
from edge_client.config import Config, TransportConfig
from edge_client.sources import AudioFile
from models.bundle import default_bundle_dir, load_bundle
from models.recognizer import Recognizer
from models.transcribe import Stretch, read_pcm, transcribe
from protos import messages as m

RECORDINGS = 200


async def heard_by(address: str, path: Path) -> tuple[list[SegmentOutcome], EdgeSession]:
    session = EdgeSession(AudioFile(path), Config(transport=TransportConfig(address)))
    return [outcome async for outcome in session.outcomes()], session


def text_of(answer: m.Result | m.Reject) -> str:
    assert isinstance(answer, m.Result)
    return answer.alternatives[0].transcript if answer.alternatives else ""


@pytest.mark.parametrize("name", ["pumpkin-pie", "pork-dumplings", "garlic-shrimp"])
async def test_a_spoken_query_finds_its_recipe(root: Path, name: str) -> None:
    async with running_server(ServerConfig(port=0, metrics_port=0, workers=1)) as server:
        outcomes, session = await heard_by(server.address, root / "tests/recordings" / f"{name}.flac")
    assert name in [hit.id for outcome in outcomes if outcome.results for hit in outcome.results.hits[:3]]
    assert session.summary.rejected == 0


@pytest.mark.shared
@pytest.mark.timeout(240)
async def test_two_hundred_people_are_heard_as_without_a_network(shared_dir: Path) -> None:
    """Same segments, same transcripts: streaming, chunking, worker processes and codec change nothing, words' times included."""
    rows = [json.loads(line) for line in (shared_dir / "speech" / "test.jsonl").read_text().splitlines()]
    paths = [shared_dir / "speech" / rows[index * len(rows) // RECORDINGS]["audio"] for index in range(RECORDINGS)]
    recognizer = Recognizer(load_bundle(default_bundle_dir()))
    segments = 0
    async with running_server(ServerConfig(port=0, metrics_port=0, workers=2)) as server:
        for path in paths:
            outcomes, session = await heard_by(server.address, path)
            assert session.summary.captured_seconds == len(read_pcm(path)) / 2 / m.SAMPLE_RATE_HZ
            stretches = [Stretch(path, outcome.start_sample, outcome.end_sample - outcome.start_sample) for outcome in outcomes]
            for outcome, (_, alone) in zip(outcomes, transcribe(recognizer, stretches), strict=True):
                assert text_of(outcome.answer) == (alone.alternatives[0].transcript if alone.alternatives else ""), path
                assert isinstance(outcome.answer, m.Result)
                assert [word.start_offset for a in outcome.answer.alternatives for word in a.words] == [
                    word.start_offset for a in alone.alternatives[: len(outcome.answer.alternatives)] for word in a.words
                ]
                assert outcome.answer.alternatives or not alone.alternatives
                segments += 1
    assert segments >= RECORDINGS
