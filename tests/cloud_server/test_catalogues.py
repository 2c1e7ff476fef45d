"""Several catalogues, each followed as its directory changes; what is under way ends on what it began with."""

from __future__ import annotations

import shutil
from pathlib import Path

import grpc
import pytest

from cloud_server.app import running_server
from cloud_server.catalogues import Catalogues, load_catalogues
from cloud_server.config import Config
from cloud_server.search.catalogue import Document, read_catalogue
from cloud_server.search.generations import MANIFEST
from cloud_server.search.index import add_documents, build_index, remove_documents
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import CatalogueError
from protos.messages import Hypothesis
from tests.cloud_server.conftest import STUB

STEW = Document("stew", "Lamb Stew")
SONGS = [Document("1", "Blue Moon"), Document("2", "Summertime")]


@pytest.fixture
def index(catalogue: Path, tmp_path: Path) -> Path:
    build_index(read_catalogue(catalogue), tmp_path / "dishes", "dishes")
    return tmp_path / "dishes"


def found(catalogues: Catalogues, query: str, name: str = "dishes") -> list[str]:
    return [hit.id for hit in catalogues.engine(name).search([Hypothesis(query, 1.0)], 1)]


async def test_a_change_on_disk_is_taken_up_once(index: Path, tmp_path: Path) -> None:
    catalogues = load_catalogues([index], [], tmp_path / "scratch")
    assert await catalogues.refresh() == []
    before = catalogues.infos[0]
    add_documents([STEW], index)
    assert found(catalogues, "lamb stew") == []
    assert await catalogues.refresh() == [True]
    assert await catalogues.refresh() == []
    assert found(catalogues, "lamb stew") == ["stew"]
    assert (catalogues.infos[0].documents, catalogues.infos[0].version != before.version) == (5, True)
    remove_documents(["stew"], index)
    await catalogues.refresh()
    assert found(catalogues, "lamb stew") == []
    assert catalogues.infos[0] == before


async def test_a_search_under_way_ends_on_the_version_it_began_with(index: Path, tmp_path: Path) -> None:
    catalogues = load_catalogues([index], [], tmp_path / "scratch")
    engine = catalogues.engine("dishes")
    build_index([STEW], index, "dishes")
    await catalogues.refresh()
    assert [hit.id for hit in engine.search([Hypothesis("banana bread", 1.0)], 1)] == ["bread"], "its files are gone, and it has them still"
    assert found(catalogues, "banana bread") == []


async def test_what_cannot_be_loaded_is_served_as_it_was(index: Path, tmp_path: Path) -> None:
    catalogues = load_catalogues([index], [], tmp_path / "scratch")
    whole = (index / MANIFEST).read_bytes()
    (index / MANIFEST).write_bytes(whole[:-9])
    assert await catalogues.refresh() == [False]
    assert await catalogues.refresh() == [], "said once"
    assert found(catalogues, "banana bread") == ["bread"]
    (index / MANIFEST).unlink()
    assert await catalogues.refresh() == []
    (index / MANIFEST).write_bytes(whole)
    assert await catalogues.refresh() == [True]
    shutil.rmtree(index)
    assert await catalogues.refresh() == []
    assert found(catalogues, "banana bread") == ["bread"]


async def test_two_of_one_name_are_refused(index: Path, catalogue: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="two catalogues are called 'dishes'"):
        load_catalogues([index, index], [], tmp_path / "scratch")
    names = [info.name for info in load_catalogues([index], [catalogue], tmp_path / "scratch").infos]
    assert names == ["dishes", "small"]


async def test_a_running_server_finds_what_was_added_in_the_catalogue_that_was_asked(index: Path, tmp_path: Path) -> None:
    build_index(SONGS, tmp_path / "songs", "songs")
    config = Config(port=0, metrics_port=0, workers=1, index_dirs=(index, tmp_path / "songs"))
    async with running_server(config, STUB) as server, grpc.aio.insecure_channel(server.address) as channel:
        stub = pb_grpc.SpeechSearchStub(channel)

        async def search(query: str, catalogue: str = "") -> tuple[list[str], str]:
            results = (await stub.Search(pb.SearchRequest(query=query, catalogue=catalogue))).search_results
            return [hit.id for hit in results.hits], results.catalogue_version

        assert (await search("blue moon"))[0] == []
        assert (await search("blue moon", "songs"))[0] == ["1"]
        version = add_documents([Document("3", "Moon River")], tmp_path / "songs").version
        while (await search("moon river", "songs"))[1] != version:
            pass  # the server looks once a second
        assert (await search("moon river", "songs"))[0][0] == "3"
        info = await stub.GetServerInfo(pb.GetServerInfoRequest())
        assert [(one.name, one.documents, one.is_default) for one in info.catalogues] == [("dishes", 4, True), ("songs", 3, False)]
        assert info.catalogues[1].version == version
