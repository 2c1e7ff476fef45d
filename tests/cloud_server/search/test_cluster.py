"""A catalogue on a cluster is searched as one on disk is, and a cluster that fails costs no more than its own search.

No live cluster was at hand: `fake_cluster` stands in for one, and `cluster_exchanges.jsonl` has what is said to it, for whoever has one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cloud_server.search.backend import SearchBackend
from cloud_server.search.candidates import Candidate
from cloud_server.search.catalogue import read_catalogue
from cloud_server.search.cluster import AbsentBackend, ClusterBackend
from cloud_server.search.cluster_client import Cluster
from cloud_server.search.cluster_push import push_to_cluster
from cloud_server.search.engine import SearchEngine
from cloud_server.search.heard import Heard
from cloud_server.search.index import build_index, open_index
from cloud_server.search.ranking import rank
from cloud_server.search.sounds import pronunciations
from models.pronounce.pronouncer import english
from models.records import Sounds
from protos.errors import CatalogueError, CatalogueUnreachable
from protos.messages import Hypothesis
from tests.cloud_server.search.fake_cluster import FakeCluster, fake_cluster

RECORDED = Path(__file__).parent / "cluster_exchanges.jsonl"


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with fake_cluster() as running:
        yield running


@pytest.fixture
def on_disk(catalogue: Path, tmp_path: Path) -> SearchEngine:
    build_index(read_catalogue(catalogue), tmp_path / "i", "small")
    return SearchEngine(open_index(tmp_path / "i"))


@pytest.fixture
def backend(cluster: FakeCluster, on_disk: SearchEngine, tmp_path: Path) -> ClusterBackend:
    push_to_cluster(tmp_path / "i", f"{cluster.url}dishes")
    client = Cluster(f"{cluster.url}dishes")
    return ClusterBackend(client, client.serving(), timeout_s=30.0)  # a busy machine is no fault


def heard(*texts: str, said: str = "") -> Heard:
    sounds = Sounds("phones", pronunciations(said, english().pronounce)[0], np.empty((0, 0), np.float16)) if said else None
    return Heard(tuple(Hypothesis(text, 1 / len(texts)) for text in texts), sounds)


QUERIES = (
    heard("banana bred"),
    heard("find me a recipe for chicken noodle soup"),
    heard("something with thin apples"),
    heard("apple pie", "banana bread", "banana bred"),
    heard("krem broolay", said="creme brulee"),
    heard("xqzw"),
    heard(),
)


def essence(candidates: list[Candidate]) -> list[object]:
    return [
        (one.document.id, {way: round(score, 2) for way, score in one.ways.items()}, one.worded, one.hypothesis_index, one.phrases("phones"))
        for one in candidates
    ]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.alternatives[0].transcript if query.alternatives else "nothing")
def test_a_cluster_gives_the_candidates_and_hits_of_the_index_on_disk(backend: SearchBackend, on_disk: SearchEngine, query: Heard) -> None:
    here, there = on_disk.candidates(query), backend.candidates(query)
    assert essence(there) == essence(here)
    hits = rank(there, None, 3, backend.weights)
    assert [(hit.id, hit.title, hit.snippet, hit.url, hit.matched) for hit in hits] == [
        (hit.id, hit.title, hit.snippet, hit.url, hit.matched) for hit in rank(here, None, 3)
    ]


def test_it_is_called_what_its_url_ends_in_and_has_the_version_of_what_was_pushed(backend: SearchBackend, on_disk: SearchEngine) -> None:
    assert (backend.name, backend.version, len(backend)) == ("dishes", on_disk.version, 4)
    assert {(one.id, one.title, one.popularity) for one in backend.documents} == {(one.id, one.title, one.popularity) for one in on_disk.documents}


@pytest.mark.parametrize("said", ["show me a recipe for banana bread", "banana brea", ""])
def test_a_title_is_named_in_full_or_not_as_on_disk(backend: SearchBackend, on_disk: SearchEngine, said: str) -> None:
    assert backend.names_in_full(said) is on_disk.names_in_full(said)


def test_a_search_is_one_exchange(backend: SearchBackend, cluster: FakeCluster) -> None:
    before = len(cluster.exchanges)
    backend.candidates(heard("find me banana bread", "banana bred", said="banana bread"))
    assert [exchange["request"]["path"] for exchange in cluster.exchanges[before:]] == ["/_msearch"]


def test_what_is_said_to_a_cluster_is_what_was_recorded(backend: SearchBackend, cluster: FakeCluster, tmp_path: Path) -> None:
    """After a change that is meant, read the difference, try it on a live cluster if there is one, and put the new file in the place of the old."""
    backend.candidates(heard("banana bred", said="banana bread"))
    said = "".join(json.dumps(exchange, sort_keys=True, ensure_ascii=False) + "\n" for exchange in cluster.exchanges)
    (tmp_path / RECORDED.name).write_text(said, encoding="utf-8")
    assert said == RECORDED.read_text(encoding="utf-8"), f"{tmp_path / RECORDED.name} is what is said now"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_cluster_that_fails_is_unreachable_and_then_left_alone_for_a_while(backend: SearchBackend, cluster: FakeCluster, status: int) -> None:
    cluster.status = status
    with pytest.raises(CatalogueUnreachable, match=str(status)):
        backend.candidates(heard("banana bread"))
    cluster.status = 200
    before = len(cluster.exchanges)
    with pytest.raises(CatalogueUnreachable, match="failed less than 1.0 s ago"):
        backend.candidates(heard("banana bread"))
    assert len(cluster.exchanges) == before


def test_hits_of_some_shards_are_not_taken_for_hits_of_all(backend: SearchBackend, cluster: FakeCluster) -> None:
    cluster.failed_shards = 1
    with pytest.raises(CatalogueUnreachable, match="not every shard answered in time"):
        backend.candidates(heard("banana bread"))


def test_an_index_that_was_taken_away_is_no_empty_one(backend: SearchBackend, cluster: FakeCluster) -> None:
    cluster.indexes.clear()
    with pytest.raises(CatalogueUnreachable, match="no such index"):
        backend.candidates(heard("banana bread"))


def test_an_index_of_somebody_else_is_refused(cluster: FakeCluster) -> None:
    cluster.indexes["logs-1"] = {"mappings": {"properties": {}}, "aliases": {"logs": {}}, "documents": {}}
    with pytest.raises(CatalogueError, match="index logs-1 has format None, this version reads 1; push it again"):
        ClusterBackend(Cluster(f"{cluster.url}logs"), "logs-1")


def test_who_stands_in_for_a_cluster_never_reached_says_so(cluster: FakeCluster) -> None:
    absent: SearchBackend = AbsentBackend("dishes")
    assert (absent.name, absent.version, len(absent), list(absent.documents)) == ("dishes", "", 0, [])
    for ask in (lambda: absent.candidates(heard("x")), lambda: absent.names_in_full("x")):
        with pytest.raises(CatalogueUnreachable, match="was never reached"):
            ask()
