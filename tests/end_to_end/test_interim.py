"""Every feature of a session together with every other: the final result is the same but for what was asked for."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

from cloud_server.app import running_server
from cloud_server.config import Config as ServerConfig
from edge_client.app import EdgeSession
from edge_client.config import Config, TransportConfig
from edge_client.sources import AudioFile
from protos import messages as m

NAMES = ("pumpkin-pie", "pork-dumplings", "fresh-tomato-salsa")


def untimed(answer: m.Result | m.Reject) -> m.Result:
    assert isinstance(answer, m.Result)
    return replace(answer, stage_timings=())


async def talk(address: str, path: Path, alternatives: int, interims: list[m.Result] | None) -> list[tuple[m.Result, m.SearchResults | None]]:
    """Final results and hits; with a list for them, interim results too."""
    config = Config(transport=TransportConfig(address), max_alternatives=alternatives)
    session = EdgeSession(AudioFile(path, paced=False), config, None if interims is None else interims.append)
    return [(untimed(o.answer), o.results and replace(o.results, duration=None)) async for o in session.outcomes()]


async def test_interim_results_change_no_final_result_and_never_take_back_what_they_promised(root: Path) -> None:
    async with running_server(ServerConfig(port=0, metrics_port=0, workers=2)) as server:
        for name, alternatives in product(NAMES, (1, 3)):
            path, interims = root / "tests" / "recordings" / f"{name}.flac", list[m.Result]()
            plain = await talk(server.address, path, alternatives, None)
            assert await talk(server.address, path, alternatives, interims) == plain
            assert all(word.end_offset for result, _ in plain for alternative in result.alternatives for word in alternative.words)
            promised: dict[int, list[str]] = {}
            for interim in interims:
                words, before = interim.alternatives[0].transcript.split(), promised.get(interim.segment_id, [])
                assert words[: len(before)] == before
                promised[interim.segment_id] = words[: interim.stable_words]
