"""A checked, versioned index directory: built once from documents, opened by every server. tantivy inside; no ranking here (engine.py).

DIR/manifest.json      format, version (sha256 of the documents), number of documents, sha256 of the next two; written last
DIR/documents.jsonl    what a hit shows
DIR/sounds.txt         a line a document: how its title may be said, one character a phone, the usual way first
DIR/tantivy/           title, text and tags as stems; plain title words; pairs and triples of the title's letters and of its phones
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tantivy

from cloud_server.search.catalogue import Document
from cloud_server.search.sounds import pronunciations, sound_grams
from cloud_server.search.terms import content_words, letter_grams, stemmer, words_of
from models.pronounce.pronouncer import english
from models.text import search_text
from protos.errors import CatalogueError

FORMAT = 2
STEMS = "harken_stems"
DOCUMENTS, SOUNDS = "documents.jsonl", "sounds.txt"
SUMMED = (DOCUMENTS, SOUNDS)
WRITER_HEAP_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class OpenIndex:
    name: str
    version: str
    documents: tuple[Document, ...]
    sounds: tuple[tuple[str, ...], ...]
    """Pronunciations of each document's title (`search.sounds`)."""
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
        contents = {name: (directory / name).read_bytes() for name in SUMMED}
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{manifest_path}: {error}; build the index with `harken-server index build`") from error
    if manifest.get("format") != FORMAT:
        raise CatalogueError(f"{manifest_path}: format is {manifest.get('format')!r}, this server reads {FORMAT}; build the index again")
    for name, content in contents.items():
        digest, expected = hashlib.sha256(content).hexdigest(), manifest.get("sha256", {}).get(name)
        if digest != expected:
            raise CatalogueError(f"{directory}/{name}: sha256 is {digest}, the manifest says {expected}")
    documents = tuple(map(_document, _lines(contents[DOCUMENTS])))
    sounds = tuple(tuple(line.split()) for line in _lines(contents[SOUNDS]))
    try:
        index = tantivy.Index.open(str(directory / "tantivy"))
        index.register_tokenizer(STEMS, stemmer())
        found = index.searcher().num_docs
    except (ValueError, OSError) as error:
        raise CatalogueError(f"{directory}/tantivy: {error}") from error
    if not found == len(documents) == len(sounds):
        raise CatalogueError(f"{directory}: tantivy holds {found} documents, {DOCUMENTS} {len(documents)}, {SOUNDS} {len(sounds)}")
    return OpenIndex(manifest["name"], manifest["version"], documents, sounds, index)


def _write(documents: Sequence[Document], directory: Path, name: str) -> str:
    (directory / "tantivy").mkdir(parents=True)
    pronounce = cache(english().pronounce)
    sounds = [pronunciations(document.title, pronounce) for document in documents]
    contents = {
        DOCUMENTS: "".join(json.dumps(dataclasses.asdict(document), ensure_ascii=False, sort_keys=True) + "\n" for document in documents).encode(),
        SOUNDS: "".join(" ".join(ways) + "\n" for ways in sounds).encode(),
    }
    for file, content in contents.items():
        (directory / file).write_bytes(content)
    index = tantivy.Index(_schema(), path=str(directory / "tantivy"))
    index.register_tokenizer(STEMS, stemmer())
    writer = index.writer(heap_size=WRITER_HEAP_BYTES, num_threads=1)
    for number, (document, ways) in enumerate(zip(documents, sounds, strict=True)):
        writer.add_document(_fields(number, document, ways))
    writer.commit()
    writer.wait_merging_threads()
    digests = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    version = digests[DOCUMENTS][:12]
    manifest = {"format": FORMAT, "name": name, "version": version, "documents": len(documents), "sha256": digests}
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return version


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True, indexed=False)
    for stemmed in ("title", "text", "details"):
        builder.add_text_field(stemmed, tokenizer_name=STEMS)
    builder.add_text_field("title_words", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("title_letters", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("title_sounds", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _fields(number: int, document: Document, sounds: tuple[str, ...]) -> tantivy.Document:
    words = words_of(document.title)
    fields = tantivy.Document()
    fields.add_unsigned("number", number)
    fields.add_text("title", search_text(document.title))
    fields.add_text("text", search_text(document.text))
    fields.add_text("details", search_text(" . ".join((*document.tags, *document.details))))
    fields.add_text("title_words", " ".join(words))
    fields.add_text("title_letters", " ".join(sorted(letter_grams(content_words(document.title)))))
    # Other ways to say it count once each where they differ, so that a word with two ways does not weigh more than its neighbours.
    grams = [sound_grams(way) for way in sounds[:1]] + [list(set(sound_grams(way)) - set(sound_grams(sounds[0]))) for way in sounds[1:]]
    fields.add_text("title_sounds", " ".join(gram for way in grams for gram in way))
    return fields


def _lines(content: bytes) -> list[str]:
    """Not splitlines: U+2028 and its like are letters to JSON, and a title that nobody can say is an empty line."""
    return content.decode().removesuffix("\n").split("\n")


def _document(line: str) -> Document:
    row = json.loads(line)
    return Document(**{**row, "tags": tuple(row["tags"]), "details": tuple(row["details"])})
