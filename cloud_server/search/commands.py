"""harken-server index: build, add, remove, push, pull. Reads arguments, shows progress, says what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from cloud_server.search.catalogue import Document, read_catalogue
from cloud_server.search.cluster_client import SCHEME
from cloud_server.search.cluster_push import push_to_cluster
from cloud_server.search.generations import Manifest
from cloud_server.search.index import add_documents, build_index, remove_documents
from cloud_server.search.shipping import pull_index, push_index, shown
from protos.errors import ConfigurationError

index_app = typer.Typer(help="Search indexes.", no_args_is_help=True)

Catalogue = Annotated[
    Path, typer.Argument(help="JSONL, CSV or Parquet (id, title; optional: text, tags, url, popularity 0..1, locale), or a folder of .md.")
]
Directory = Annotated[Path, typer.Argument(help="An index, made by `harken-server index build`.")]
Columns = Annotated[
    list[str] | None, typer.Option("--map", help="FIELD=COLUMN: what the catalogue calls a field, title=name for example; repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@index_app.command("build")
def build(
    catalogue: Catalogue,
    out: Annotated[Path, typer.Option(help="Directory of the index; an index already there is replaced whole, while servers read it.")],
    name: Annotated[str, typer.Option(help="What sessions call this catalogue; default: the file's name.")] = "",
    columns: Columns = None,
    as_json: AsJson = False,
) -> None:
    """Build a search index. Every bad row is named by its line, and then nothing is built.

    \b
    harken-server index build films.jsonl --out films.index
    harken-server index build films.csv --out films.index --map title=name --map text=plot
    harken-server run --index films.index
    """
    documents = read_catalogue(catalogue, _columns(columns))
    _say(str(out), build_index(documents, out, name or catalogue.stem, _watched), as_json=as_json)


@index_app.command("add")
def add(directory: Directory, catalogue: Catalogue, columns: Columns = None, as_json: AsJson = False) -> None:
    """Add documents to an index, or replace those with the same id. Running servers find them within seconds.

    \b
    harken-server index add films.index new-films.jsonl
    """
    _say(str(directory), add_documents(read_catalogue(catalogue, _columns(columns)), directory, _watched), as_json=as_json)


@index_app.command("remove")
def remove(
    directory: Directory,
    ids: Annotated[list[str], typer.Argument(help="Of the documents; if one is not there, none is removed.")],
    as_json: AsJson = False,
) -> None:
    """Remove documents from an index. Running servers forget them within seconds.

    \b
    harken-server index remove films.index tt0111161 tt0068646
    """
    _say(str(directory), remove_documents(ids, directory), as_json=as_json)


@index_app.command("push")
def push(
    directory: Directory,
    url: Annotated[str, typer.Argument(help="Where replicas fetch it: file://, s3://, gs:// or any store of fsspec whose client is installed.")],
    as_json: AsJson = False,
) -> None:
    """Send an index to a store, from where replicas fetch it, or to an OpenSearch cluster. Nobody ever takes half of it.

    \b
    harken-server index push films.index s3://my-bucket/films
    harken-server run --index s3://my-bucket/films
    harken-server index push films.index opensearch+https://user:password@search.example.com:9200/films     # too large for one machine
    """
    send = push_to_cluster if url.startswith(SCHEME) else push_index
    _say(shown(url), send(directory, url), as_json=as_json)


@index_app.command("pull")
def pull(
    url: Annotated[str, typer.Argument(help="Where `harken-server index push` sent it.")],
    directory: Annotated[Path, typer.Argument(help="Of the index here; one that is there is replaced whole, while servers read it.")],
    as_json: AsJson = False,
) -> None:
    """Fetch an index from a store: every byte checked, in one step, and only if it is another one than here.

    \b
    harken-server index pull s3://my-bucket/films films.index
    """
    _say(str(directory), pull_index(url, directory), as_json=as_json)


def _columns(pairs: list[str] | None) -> dict[str, str]:
    """Raises: ConfigurationError: one is not FIELD=COLUMN."""
    columns = {}
    for pair in pairs or []:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise ConfigurationError(f"--map is {pair!r}, must be FIELD=COLUMN, title=name for example")
        columns[field] = column
    return columns


def _watched(documents: Sequence[Document]) -> Iterable[Document]:
    console = Console(stderr=True)
    return track(documents, "documents", console=console, transient=True, disable=not console.is_terminal)


def _say(place: str, manifest: Manifest, *, as_json: bool) -> None:
    facts = {"index": place, "catalogue": manifest.name, "version": manifest.version, "documents": manifest.documents}
    print(json.dumps(facts) if as_json else f"{place}: {manifest.documents} documents of {manifest.name}, version {manifest.version}")
