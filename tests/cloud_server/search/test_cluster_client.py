"""Which URLs are a cluster's, and what becomes of one that says no or nothing."""

from __future__ import annotations

import socket
import sys

import pytest

from cloud_server.search.cluster_client import Cluster
from protos.errors import CatalogueError, CatalogueUnreachable, ConfigurationError
from tests.cloud_server.search.fake_cluster import fake_cluster


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("opensearch+https://example.com:9200", "must be opensearch"),
        ("opensearch+https://example.com:9200/Films", "its name of a-z"),
        ("opensearch+ftp://example.com/films", "must be opensearch"),
        ("opensearch+https:///films", "must be opensearch"),
        ("opensearch+https://me:secret@example.com/films?tls=no", "has the option 'tls'; known are ca, shards"),
        ("opensearch+https://example.com/films?shards=many", "shards is 'many', must be a number from 1"),
    ],
)
def test_a_url_that_cannot_be_one_says_why_and_no_password(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as refusal:
        Cluster(url)
    assert "secret" not in str(refusal.value)


def test_a_name_and_password_are_sent_and_not_shown() -> None:
    cluster = Cluster("opensearch+https://me:secret@example.com:9200/behind/a/proxy/films?shards=3")
    assert (cluster.name, cluster.place) == ("films", "opensearch+https://example.com:9200/behind/a/proxy/films?shards=3")


def test_nobody_at_the_address_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(CatalogueUnreachable, match="ConnectionError"):
            Cluster(f"opensearch+http://127.0.0.1:{free.getsockname()[1]}/films").serving()


def test_one_that_hangs_is_unreachable_when_its_time_is_over() -> None:
    with fake_cluster() as fake:
        fake.hangs.set()
        with pytest.raises(CatalogueUnreachable, match="ConnectionTimeout"):
            Cluster(f"{fake.url}films").search_all("films-1", [{"query": {"match_none": {}}}], timeout_s=0.01)


def test_a_catalogue_that_is_not_there_or_twice_is_said_so() -> None:
    with fake_cluster() as fake:
        cluster = Cluster(f"{fake.url}films")
        with pytest.raises(CatalogueError, match="no index is called so, one must be; push it"):
            cluster.serving()
        for name in ("films-1", "films-2"):
            fake.indexes[name] = {"mappings": {}, "aliases": {"films": {}}, "documents": {}}
        with pytest.raises(CatalogueError, match="films-1 and films-2 is called so"):
            cluster.serving()


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_ask_is_told(status: int) -> None:
    with fake_cluster() as fake:
        fake.status = status
        with pytest.raises(CatalogueError, match=f"refused: {status}") as refusal:
            Cluster(f"{fake.url}films").serving()
        assert type(refusal.value) is CatalogueError, "waiting does not help"


def test_without_the_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    with pytest.raises(ConfigurationError, match=r"needs the package opensearchpy: pip install 'harken\[opensearch\]'"):
        Cluster("opensearch+https://example.com/films")
