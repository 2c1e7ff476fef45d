"""The whole system once, as a user would run it: server up, recordings through the edge client, answers on the screen, server down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import json_lines, run_edge, server_process
from benchmarks.scrape import Sample, scrape, total
from protos.errors import ConfigurationError

STAGES = ("queue", "features", "infer", "decode", "search", "total")
HUMAN_CLIPS = 4


@dataclass(frozen=True, slots=True)
class Query:
    audio: Path
    text: str
    """What was said."""
    recipe_id: str
    """What should be found; empty where nothing in the catalogue fits."""
    voice: str


def synthetic_queries(root: Path) -> list[Query]:
    """The six recordings this repository ships. Raises: ConfigurationError: they are missing."""
    folder = root / "tests" / "recordings"
    try:
        rows = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    except OSError as error:
        raise ConfigurationError(f"{folder}: {error.strerror}; the demo runs in a checkout of the repository") from error
    return [Query(folder / row["audio"], row["text"], row["recipe_id"], row["voice"]) for row in rows]


def human_queries(shared: Path, count: int = HUMAN_CLIPS) -> list[Query]:
    """Real people reading sentences, where HARKEN_SHARED has them: evenly spread over the test set's short clips."""
    manifest = shared / "speech" / "test.jsonl"
    if not manifest.is_file():
        return []
    rows = [row for row in map(json.loads, manifest.read_text().splitlines()) if row["duration"] < 5 and row["text"]]
    chosen = rows[:: max(1, len(rows) // count)][:count]
    return [Query(shared / "speech" / row["audio"], row["text"], "", f"person ({row['source']})") for row in chosen]


def run_demo(root: Path, shared: Path) -> int:
    """Print everything; the number of synthetic queries whose recipe was among the first three hits, or -1 if a segment was refused."""
    synthetic, human = synthetic_queries(root), human_queries(shared)
    with server_process() as server:
        print(f"server on {server.address}: {server.model}, {server.workers} workers, {server.documents} documents of {server.catalogue}\n")
        found = code = 0
        for query in (*synthetic, *human):
            print(f"> {query.audio.name}   {query.voice} says: {query.text!r}")
            asked, _ = run_edge("ask", str(query.audio), "--server", server.address)
            print()
            code = code or asked
        for query in synthetic:
            found += is_found(query, server.address)
        print_latency(scrape(server.metrics_address))
    print(f"\n{found} of {len(synthetic)} synthetic queries found their recipe in the first three hits; the server has stopped")
    return -1 if code else found


def is_found(query: Query, address: str) -> bool:
    """Whether the recipe meant is among the first three hits of any segment."""
    _, text = run_edge("ask", "--json", str(query.audio), "--server", address, capture=True)
    return any(hit["id"] == query.recipe_id for segment in json_lines(text) for hit in segment.get("hits", [])[:3])


def print_latency(samples: dict[Sample, float]) -> None:
    """Mean time of each stage, from the server's own /metrics."""
    name = "asr_server_segment_seconds"
    means = []
    for stage in STAGES:
        count = total(samples, f"{name}_count", stage=stage)
        if count:
            means.append(f"{stage} {1000 * total(samples, f'{name}_sum', stage=stage) / count:.1f} ms")
    print(f"/metrics after {total(samples, 'asr_server_segments_total', outcome='ok'):.0f} segments, mean: " + ", ".join(means))
