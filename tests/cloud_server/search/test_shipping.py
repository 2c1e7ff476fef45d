"""An index on its way to replicas: whatever is cut off or damaged on the way, what is fetched is whole, or nothing is."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from cloud_server.search.catalogue import Document
from cloud_server.search.generations import MANIFEST, Manifest, manifest_bytes, parse_manifest, read_manifest
from cloud_server.search.index import add_documents, build_index, open_index
from cloud_server.search.shipping import pull_index, push_index, remote_stamp, shown
from protos.errors import CatalogueError, CatalogueUnreachable

DISHES = [Document("1", "Apple Pie"), Document("2", "Banana Bread")]
STEW = Document("3", "Lamb Stew")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    build_index(DISHES, tmp_path / "dishes", "dishes")
    return tmp_path / "dishes"


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    yield f"file://{tmp_path}/store/dishes" if request.param == "file" else f"memory://{tmp_path.name}/dishes"
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def titles(directory: Path) -> list[str]:
    return [document.title for document in open_index(directory).documents]


def test_what_is_pushed_is_what_is_pulled(index: Path, url: str, tmp_path: Path) -> None:
    sent, replica = push_index(index, url), tmp_path / "replica"
    pulled = pull_index(url, replica)
    assert (pulled.name, pulled.version, pulled.sha256) == (sent.name, sent.version, sent.sha256)
    assert titles(replica) == ["Apple Pie", "Banana Bread"]
    add_documents([STEW], index)
    stamp = remote_stamp(url)
    push_index(index, url)
    assert remote_stamp(url) != stamp
    pull_index(url, replica)
    assert titles(replica) == ["Apple Pie", "Banana Bread", "Lamb Stew"]


def test_what_is_there_already_is_neither_sent_nor_fetched_again(index: Path, url: str, tmp_path: Path) -> None:
    push_index(index, url)
    replica, stamp = tmp_path / "replica", remote_stamp(url)
    first = pull_index(url, replica)
    before = (replica / MANIFEST).stat().st_mtime_ns
    assert pull_index(url, replica) == first
    assert (replica / MANIFEST).stat().st_mtime_ns == before
    push_index(index, url)
    assert remote_stamp(url) == stamp


def test_a_replica_that_was_damaged_is_fetched_again(index: Path, url: str, tmp_path: Path) -> None:
    push_index(index, url)
    replica = tmp_path / "replica"
    pull_index(url, replica)
    harmed = next(path for path in replica.rglob("documents.jsonl"))
    harmed.write_bytes(b"")
    pull_index(url, replica)
    assert titles(replica) == ["Apple Pie", "Banana Bread"]


def test_the_one_before_stays_until_the_next_push_and_older_ones_go(index: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    folders = []
    for document in (STEW, Document("4", "Miso Soup"), Document("5", "Corn Bread")):
        add_documents([document], index)
        folders.append(str(push_index(index, store.as_uri()).generation))
    assert sorted(path.name for path in store.iterdir()) == sorted([*folders[1:], MANIFEST])


def test_what_lies_at_the_url_is_an_index_that_can_be_served_as_it_is(index: Path, tmp_path: Path) -> None:
    push_index(index, (tmp_path / "mounted").as_uri())
    assert titles(tmp_path / "mounted") == ["Apple Pie", "Banana Bread"]


class CutOff(Exception):
    """Raised in the place of a call that changes the store."""


def cut_off_at(store: type, last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a file arrives with the call that is cut off."""
    calls = itertools.count()

    def cutting(name: str) -> Callable[..., Any]:
        whole = getattr(store, name)

        def call(self: Any, *given: Any, **options: Any) -> Any:
            if next(calls) < last:
                return whole(self, *given, **options)
            if name == "put_file":
                LocalFileSystem.pipe_file(self, given[1], Path(given[0]).read_bytes()[:-20])
            raise CutOff

        return call

    for name in ("makedirs", "put_file", "pipe_file", "mv", "rm"):
        monkeypatch.setattr(store, name, cutting(name))


def test_a_push_cut_off_at_any_call_leaves_the_old_index_or_the_new(index: Path, tmp_path: Path) -> None:
    store, replica = tmp_path / "store", tmp_path / "replica"
    old = push_index(index, store.as_uri()).version
    new = add_documents([STEW], index).version
    found = set()
    for last in range(100):
        with pytest.MonkeyPatch.context() as patch:
            cut_off_at(LocalFileSystem, last, patch)
            try:
                push_index(index, store.as_uri())
            except CatalogueError as error:
                assert "CutOff" in str(error)
            else:
                break
        found.add(version := pull_index(store.as_uri(), replica).version)
        assert open_index(replica).version == version
        if version == new:  # begin again, so that every later call is cut too
            build_index(DISHES, index, "dishes")
            assert push_index(index, store.as_uri()).version == old
            assert add_documents([STEW], index).version == new
    assert last > 10, "calls to be cut off at"
    assert old in found
    assert pull_index(store.as_uri(), replica).version == new


@pytest.mark.parametrize("harm", [lambda whole: whole[:-1], lambda whole: bytes([whole[0] ^ 1]) + whole[1:], lambda _: None])
def test_a_file_that_is_not_what_was_sent_is_refused_and_what_was_there_stays(
    index: Path, tmp_path: Path, harm: Callable[[bytes], bytes | None]
) -> None:
    store, replica = tmp_path / "store", tmp_path / "replica"
    push_index(index, store.as_uri())
    pull_index(store.as_uri(), replica)
    add_documents([STEW], index)
    sent = push_index(index, store.as_uri())
    for name in sent.sha256:
        path = store / str(sent.generation) / name
        whole = path.read_bytes()
        damaged = harm(whole)
        path.unlink() if damaged is None else path.write_bytes(damaged)
        with pytest.raises(CatalogueError, match=name):
            pull_index(store.as_uri(), replica)
        assert titles(replica) == ["Apple Pie", "Banana Bread"]
        path.write_bytes(whole)
    pull_index(store.as_uri(), replica)
    assert len(titles(replica)) == 3


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", ".."])
def test_a_manifest_from_elsewhere_leads_nowhere_outside(tmp_path: Path, name: str) -> None:
    written = manifest_bytes(Manifest("x", "1", 1, 1, {name: "0" * 64}))
    with pytest.raises(CatalogueError, match="which is no file of an index"):
        parse_manifest(written, "there")
    (tmp_path / MANIFEST).write_bytes(written)
    with pytest.raises(CatalogueError, match="which is no file of an index"):
        pull_index(tmp_path.as_uri(), tmp_path / "replica")


def test_a_place_that_holds_something_else_is_left_alone(index: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").touch()
    with pytest.raises(CatalogueError, match=r"has 'me\.jpg' and no manifest\.json, so it is no index"):
        push_index(index, (tmp_path / "photos").as_uri())
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["me.jpg"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense://x/y", "nonsense://x/y: cannot be opened: Protocol not known"),
        ("memory://nothing/here", "memory://nothing/here: has no index"),
    ],
)
def test_where_there_is_nothing_it_says_so(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(CatalogueError, match=words):
        pull_index(url, tmp_path / "replica")


def test_a_store_that_fails_is_unreachable_and_no_password_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueUnreachable) as refusal:
        pull_index("ftp://me:secret@127.0.0.1:1/films", tmp_path / "replica")
    assert "ftp://127.0.0.1:1/films" in str(refusal.value)
    assert "secret" not in str(refusal.value)
    assert shown("s3://bucket/films/") == "s3://bucket/films"


def test_the_manifest_says_the_same_before_and_after(index: Path, url: str) -> None:
    sent, built = push_index(index, url), read_manifest(index)
    facts = json.loads(manifest_bytes(sent))
    assert facts.keys() == json.loads((index / MANIFEST).read_bytes()).keys()
    assert (sent.version, sent.sha256, sent.generation) == (built.version, built.sha256, facts["generation"])
    assert sent.generation != built.generation
