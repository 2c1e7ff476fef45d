"""A checked, versioned index directory: built once from documents, opened by every server. tantivy inside; no ranking here (engine.py).

DIR/manifest.json      format, version (sha256 of the documents), number of documents, sha256 of documents.jsonl; written last
DIR/documents.jsonl    what a hit shows
DIR/tantivy/           title, text and tags as stems; plain title words; title letter pairs and triples
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy

from cloud_server.search.catalogue import Document
from cloud_server.search.terms import content_words, letter_grams, stemmer, words_of
from protos.errors import CatalogueError

FORMAT = 1
STEMS = "harken_stems"
WRITER_HEAP_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class OpenIndex:
    name: str
    version: str
    documents: tuple[Document, ...]
    index: tantivy.Index


def build_index(documents: Sequence[Document], directory: Path, name: str) -> str:
    """Write the index beside `directory` and move it into place whole; returns its version.

    Raises: CatalogueError: `directory` exists and is not an index, or cannot be written.
    """
    if directory.exists() and not (directory / "manifest.json").is_file():
        raise CatalogueError(f"{directory}: exists and is not an index (no manifest.json); give a new directory")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".index-", dir=directory.parent) as temporary:
            made = Path(temporary) / "index"
            version = _write(documents, made, name)
            old = Path(temporary) / "old"
            if directory.exists():
                directory.rename(old)
            made.rename(directory)
    except OSError as error:
        raise CatalogueError(f"{directory}: {error}") from error
    return version


def open_index(directory: Path) -> OpenIndex:
    """Raises: CatalogueError: no index, of another format, or not what was built."""
    manifest_path = directory / "manifest.json"
    try:
        manifest = json.loads(manifest_path.read_bytes())
        rows = (directory / "documents.jsonl").read_bytes()
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{manifest_path}: {error}; build the index with `harken-server index build`") from error
    if manifest.get("format") != FORMAT:
        raise CatalogueError(f"{manifest_path}: format is {manifest.get('format')!r}, this server reads {FORMAT}; build the index again")
    digest = hashlib.sha256(rows).hexdigest()
    if digest != manifest.get("documents_sha256"):
        raise CatalogueError(f"{directory}/documents.jsonl: sha256 is {digest}, the manifest says {manifest.get('documents_sha256')}")
    documents = tuple(_document(line) for line in rows.decode().splitlines())
    try:
        index = tantivy.Index.open(str(directory / "tantivy"))
        index.register_tokenizer(STEMS, stemmer())
        found = index.searcher().num_docs
    except (ValueError, OSError) as error:
        raise CatalogueError(f"{directory}/tantivy: {error}") from error
    if found != len(documents):
        raise CatalogueError(f"{directory}/tantivy: holds {found} documents, documents.jsonl holds {len(documents)}")
    return OpenIndex(manifest["name"], manifest["version"], documents, index)


def _write(documents: Sequence[Document], directory: Path, name: str) -> str:
    (directory / "tantivy").mkdir(parents=True)
    rows = "".join(json.dumps(dataclasses.asdict(document), ensure_ascii=False, sort_keys=True) + "\n" for document in documents).encode()
    (directory / "documents.jsonl").write_bytes(rows)
    index = tantivy.Index(_schema(), path=str(directory / "tantivy"))
    index.register_tokenizer(STEMS, stemmer())
    writer = index.writer(heap_size=WRITER_HEAP_BYTES, num_threads=1)
    for number, document in enumerate(documents):
        writer.add_document(_fields(number, document))
    writer.commit()
    writer.wait_merging_threads()
    digest = hashlib.sha256(rows).hexdigest()
    manifest = {"format": FORMAT, "name": name, "version": digest[:12], "documents": len(documents), "documents_sha256": digest}
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return digest[:12]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True, indexed=False)
    for stemmed in ("title", "text", "details"):
        builder.add_text_field(stemmed, tokenizer_name=STEMS)
    builder.add_text_field("title_words", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("title_letters", tokenizer_name="whitespace", index_option="basic")
    return builder.build()


def _fields(number: int, document: Document) -> tantivy.Document:
    words = words_of(document.title)
    fields = tantivy.Document()
    fields.add_unsigned("number", number)
    fields.add_text("title", document.title)
    fields.add_text("text", document.text)
    fields.add_text("details", " . ".join((*document.tags, *document.details)))
    fields.add_text("title_words", " ".join(words))
    fields.add_text("title_letters", " ".join(sorted(letter_grams(content_words(document.title)))))
    return fields


def _document(line: str) -> Document:
    row = json.loads(line)
    return Document(**{**row, "tags": tuple(row["tags"]), "details": tuple(row["details"])})
