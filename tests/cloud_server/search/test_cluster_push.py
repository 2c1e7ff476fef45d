"""An index on its way to a cluster: what serves there is whole, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud_server.search.catalogue import Document
from cloud_server.search.cluster_client import Cluster
from cloud_server.search.cluster_push import push_to_cluster
from cloud_server.search.index import add_documents, build_index
from protos.errors import CatalogueError, CatalogueUnreachable
from tests.cloud_server.search.fake_cluster import FakeCluster, fake_cluster


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with fake_cluster() as running:
        yield running


@pytest.fixture
def index(tmp_path: Path) -> Path:
    build_index([Document("1", "Apple Pie"), Document("2", "Banana Bread")], tmp_path / "i", "x")
    return tmp_path / "i"


def versions(cluster: FakeCluster) -> dict[str, bool]:
    """Index -> whether it serves."""
    return {name: "dishes" in facts["aliases"] for name, facts in cluster.indexes.items()}


def test_the_new_version_serves_in_one_step_and_the_one_before_stays(index: Path, cluster: FakeCluster) -> None:
    url, names = f"{cluster.url}dishes", []
    cluster.indexes["dishes-vegan-000000000000"] = {"mappings": {}, "aliases": {}, "documents": {}}
    for number in range(3):
        names.append(f"dishes-{push_to_cluster(index, url).version}")
        add_documents([Document(f"new {number}", "Lamb Stew")], index)
    assert versions(cluster) == {"dishes-vegan-000000000000": False, names[1]: False, names[2]: True}
    swaps = [exchange["request"]["body"] for exchange in cluster.exchanges if exchange["request"]["path"] == "/_aliases"]
    assert swaps[1] == [
        {"actions": [{"remove": {"index": names[0], "alias": "dishes"}}, {"add": {"index": names[1], "alias": "dishes"}}]},
    ]


def test_what_serves_already_is_not_sent_again(index: Path, cluster: FakeCluster) -> None:
    push_to_cluster(index, f"{cluster.url}dishes")
    before = len(cluster.exchanges)
    push_to_cluster(index, f"{cluster.url}dishes")
    assert [exchange["request"]["path"] for exchange in cluster.exchanges[before:]] == ["/_alias/dishes"]


def test_what_a_push_left_that_was_cut_off_is_made_anew(index: Path, cluster: FakeCluster) -> None:
    manifest = push_to_cluster(index, f"{cluster.url}dishes")
    left = cluster.indexes[f"dishes-{manifest.version}"]
    left["aliases"].clear()
    left["documents"] = {"stale": left["documents"]["1"]}
    push_to_cluster(index, f"{cluster.url}dishes")
    assert sorted(cluster.indexes[f"dishes-{manifest.version}"]["documents"]) == ["1", "2"]
    assert Cluster(f"{cluster.url}dishes").serving() == f"dishes-{manifest.version}"


def test_a_document_that_is_refused_is_named_and_what_served_serves_on(index: Path, cluster: FakeCluster) -> None:
    first = push_to_cluster(index, f"{cluster.url}dishes")
    add_documents([Document("x" * 600, "Lamb Stew")], index)
    with pytest.raises(CatalogueError, match="id xxxx"):
        push_to_cluster(index, f"{cluster.url}dishes")
    assert Cluster(f"{cluster.url}dishes").serving() == f"dishes-{first.version}"


def test_a_cluster_that_cannot_be_reached_is_said_so(index: Path, cluster: FakeCluster) -> None:
    cluster.status = 503
    with pytest.raises(CatalogueUnreachable, match="503"):
        push_to_cluster(index, f"{cluster.url}dishes")
