"""Where indexes come from: seen to change, loaded, and served on when they are out of reach."""

from __future__ import annotations

import shutil
from pathlib import Path
from shutil import move

import pytest

from cloud_server.catalogues import load_catalogues
from cloud_server.search.catalogue import Document
from cloud_server.search.index import add_documents, build_index
from cloud_server.search.shipping import push_index
from cloud_server.search.weights import SHIPPED, Weights
from cloud_server.sources import ClusterIndex, IndexDirectory, PushedIndex, parse_place, source_of
from protos.errors import CatalogueError, ConfigurationError
from protos.messages import Hypothesis

DISHES = [Document("1", "Apple Pie"), Document("2", "Banana Bread")]


@pytest.fixture
def pushed(tmp_path: Path) -> Path:
    build_index(DISHES, tmp_path / "dishes", "dishes")
    push_index(tmp_path / "dishes", (tmp_path / "store").as_uri())
    return tmp_path / "store"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("films.index", Path("films.index")),
        ("/var/lib/films", Path("/var/lib/films")),
        ("s3://bucket/films", "s3://bucket/films"),
        ("file:///var/lib/films", "file:///var/lib/films"),
        ("simplecache::s3://bucket/films", "simplecache::s3://bucket/films"),
    ],
)
def test_a_url_is_not_taken_for_a_path(text: str, place: Path | str, tmp_path: Path) -> None:
    assert parse_place(text) == place
    assert isinstance(source_of(parse_place(text), tmp_path), IndexDirectory if isinstance(place, Path) else PushedIndex)


def test_a_cluster_is_told_by_its_scheme(tmp_path: Path) -> None:
    source = source_of(parse_place("opensearch+https://example.com:9200/films"), tmp_path)
    assert isinstance(source, ClusterIndex)
    assert source.stand_in(Weights(audio=9.0)).weights == Weights(audio=9.0)
    assert source.stand_in(SHIPPED).name == "films"
    with pytest.raises(ConfigurationError, match="must be opensearch"):
        source_of(parse_place("opensearch+https://example.com"), tmp_path)


async def test_a_server_takes_up_what_is_pushed_and_serves_on_while_the_store_is_gone(
    pushed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalogues = load_catalogues([pushed.as_uri()], [], tmp_path / "scratch")

    def found(query: str) -> list[str]:
        return [hit.id for hit in catalogues.engine("dishes").search([Hypothesis(query, 1.0)], 1)]

    assert (await catalogues.refresh(), found("banana bread")) == ([], ["2"])
    add_documents([Document("3", "Lamb Stew")], tmp_path / "dishes")
    push_index(tmp_path / "dishes", pushed.as_uri())
    assert (await catalogues.refresh(), found("lamb stew")) == ([True], ["3"])
    move(pushed, tmp_path / "away")
    assert (await catalogues.refresh(), found("lamb stew")) == ([], ["3"])
    await catalogues.refresh()
    assert caplog.text.count("the index of catalogue dishes is gone; what was loaded is served on") == 1
    move(tmp_path / "away", pushed)
    assert await catalogues.refresh() == []
    assert "is there again" in caplog.text


async def test_what_arrives_damaged_is_served_as_it_was(pushed: Path, tmp_path: Path) -> None:
    catalogues = load_catalogues([pushed.as_uri()], [], tmp_path / "scratch")
    add_documents([Document("3", "Lamb Stew")], tmp_path / "dishes")
    sent = push_index(tmp_path / "dishes", pushed.as_uri())
    (pushed / str(sent.generation) / "documents.jsonl").write_bytes(b"{}\n")
    assert await catalogues.refresh() == [False]
    assert catalogues.infos[0].documents == 2


def test_a_server_does_not_start_on_a_place_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="has no index"):
        load_catalogues([(tmp_path / "nowhere").as_uri()], [], tmp_path / "scratch")


def test_what_was_fetched_is_a_copy_of_the_servers_own(pushed: Path, tmp_path: Path) -> None:
    source = PushedIndex(pushed.as_uri(), tmp_path / "own")
    stamp = source.stamp()
    shutil.rmtree(tmp_path / "dishes")
    assert source.load(SHIPPED).documents == tuple(DISHES)
    assert source.stamp() == stamp
    shutil.rmtree(pushed)
    assert source.stamp() is None
