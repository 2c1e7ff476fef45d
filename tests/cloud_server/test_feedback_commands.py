"""harken-server feedback, as an operator meets it; and what it writes, as a server uses it."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from cloud_server import __main__ as command
from cloud_server.app import running_server
from cloud_server.catalogues import load_catalogues
from cloud_server.config import Config
from cloud_server.search.learnt import read_weights, weights_or_shipped, write_weights
from cloud_server.search.weights import SHIPPED, Weights, as_mapping
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests.cloud_server.conftest import STUB

Fit = Callable[..., tuple[int, str, str]]


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fit:
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["harken-server", "feedback", "fit", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            command.main()
        streams = capsys.readouterr()
        return int(exit_.value.code or 0), streams.out, streams.err

    return run


def keep(folder: Path, audio: float, people: int = 20, each: int = 6) -> Path:
    """As the server keeps it: two candidates, one with words and one with sound, clicked by what the audio is worth to these people."""
    rng, lines = random.Random(2), []
    for number in range(people * each):
        words, fit = rng.uniform(0, 60), rng.uniform(-3, 0)
        rows = [
            {"id": "words", "shown": 0, "ways": {"title": words}, "fit": -3.0, "worded": True},
            {"id": "sound", "shown": 1, "ways": {}, "fit": fit, "worded": True},
        ]
        best = "words" if words + audio * 2.718281828 ** (-1.5) > audio * 2.718281828 ** (fit / 2) else "sound"
        seen = {"catalogue": "x", "catalogue_version": "1", "weights": as_mapping(SHIPPED), "alternatives": [], "candidates": rows}
        about: dict[str, Any] = {"session_id": "s", "segment_id": number + 1, "subject_id": f"p{number % people}", "policy_version": "1"}
        lines.append({**about, "kind": "clicked", "details": {"hit_id": best, "position": 0}, "seen": seen})
    lines.append({"session_id": "s", "segment_id": 1, "subject_id": "", "kind": "gave_up", "details": {}, "seen": None})
    folder.mkdir()
    (folder / "until-2026-12-24.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_clicks_that_say_something_become_weights(fit: Fit, tmp_path: Path) -> None:
    code, out, _ = fit(keep(tmp_path / "kept", audio=40.0), "--out", tmp_path / "w.json", "--json")
    facts = json.loads(out)
    assert (code, facts["written"], facts["clicks"], facts["people"], facts["not_learnt_from"]) == (0, True, 120, 20, 1)
    assert facts["mean_reciprocal_rank"]["after"] > facts["mean_reciprocal_rank"]["before"]
    assert facts["gain"]["low"] <= facts["gain"]["value"] <= facts["gain"]["high"]
    assert read_weights(tmp_path / "w.json") == Weights(**facts["weights"])
    assert read_weights(tmp_path / "w.json").audio < SHIPPED.audio
    code, out, _ = fit(tmp_path / "kept", "--out", tmp_path / "again.json", "--before", tmp_path / "w.json")
    assert (code, (tmp_path / "again.json").exists()) == (1, False), "these clicks have nothing more to say"
    assert "no better, so nothing is written" in out


def test_clicks_that_agree_with_what_is_shipped_change_nothing(fit: Fit, tmp_path: Path) -> None:
    code, out, _ = fit(keep(tmp_path / "kept", audio=SHIPPED.audio), "--out", tmp_path / "w.json")
    assert (code, (tmp_path / "w.json").exists()) == (1, False)
    assert out.startswith("120 clicks of 20 people")


@pytest.mark.parametrize(
    ("content", "words"),
    [("{\n", "kept.jsonl: line 1: is no feedback"), ('{"kind": "clicked"}\n', "KeyError: 'seen'"), ("\n", "0 clicks of 0 people")],
)
def test_what_cannot_be_learnt_from_is_one_sentence_and_exit_code_2(fit: Fit, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "kept.jsonl").write_text(content)
    code, _, err = fit(tmp_path / "kept.jsonl", "--out", tmp_path / "w.json")
    assert code == 2
    assert words in err
    assert fit(tmp_path / "nowhere.jsonl", "--out", tmp_path / "w.json")[0] == 2


async def test_a_server_ranks_by_them(catalogue: Path, tmp_path: Path) -> None:
    learnt = Weights(trigram=10.0)
    write_weights(tmp_path / "w.json", learnt, {})
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), search_weights=weights_or_shipped(tmp_path / "w.json"))
    async with running_server(config, STUB) as server, grpc.aio.insecure_channel(server.address) as channel:
        found = await pb_grpc.SpeechSearchStub(channel).Search(pb.SearchRequest(query="apple pie"))
    (hit, *_) = found.search_results.hits
    texts = load_catalogues([], [catalogue], tmp_path / "scratch", learnt).engine("small")
    assert texts.weights == learnt
    assert hit.score < SHIPPED.trigram
