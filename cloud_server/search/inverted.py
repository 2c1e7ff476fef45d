"""tantivy's part of an index: title, text and tags as stems; plain title words; pairs and triples of the title's letters and of its phones.

The same documents give the same bytes: one thread, one segment up to WRITER_HEAP_BYTES, and names by content where tantivy draws them at random.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

import tantivy

from cloud_server.search.sought import Sought
from cloud_server.search.sounds import sound_grams
from cloud_server.search.terms import letter_grams, stemmer
from protos.errors import CatalogueError

STEMS = "harken_stems"
NUMBER = "number"
"""The field with a document's place in the sequence that was written."""
WRITER_HEAP_BYTES = 1_000_000_000
"""A limit, not what is taken: 100,000 titles need 80 MB. Beyond it tantivy writes several segments and merges them when it likes."""
META = "meta.json"


def write_inverted(documents: Sequence[Sought], folder: Path) -> None:
    """Fill the folder, which must be new; a document's number is its place in the sequence."""
    draft = folder.with_name(folder.name + ".draft")
    draft.mkdir()
    index = tantivy.Index(_schema(), path=str(draft))
    index.register_tokenizer(STEMS, stemmer())
    writer = index.writer(heap_size=WRITER_HEAP_BYTES, num_threads=1)
    for number, document in enumerate(documents):
        writer.add_document(_fields(number, document))
    writer.commit()
    writer.wait_merging_threads()
    _rename_by_content(draft, folder)
    shutil.rmtree(draft, ignore_errors=True)


def open_inverted(folder: Path) -> tantivy.Index:
    """Raises: CatalogueError: tantivy cannot read it."""
    try:
        index = tantivy.Index.open(str(folder))
        index.register_tokenizer(STEMS, stemmer())
        index.searcher()
    except (ValueError, OSError) as error:
        raise CatalogueError(f"{folder}: {error}") from error
    return index


def _rename_by_content(draft: Path, folder: Path) -> None:
    """Segments only, without tantivy's lists and locks of a writer."""
    folder.mkdir()
    meta = json.loads((draft / META).read_bytes())
    segments = []
    for segment in meta["segments"]:
        drawn = segment["segment_id"].replace("-", "")
        files = sorted(draft.glob(f"{drawn}.*"))
        digest = hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).digest()
        name = uuid.UUID(bytes=digest[:16])
        for file in files:
            file.rename(folder / f"{name.hex}{file.suffix}")
        segments.append({**segment, "segment_id": str(name)})
    meta["segments"] = sorted(segments, key=lambda segment: str(segment["segment_id"]))
    (folder / META).write_text(json.dumps(meta))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # In a column of its own: what is stored lies in compressed blocks, one to be opened for nearly every hit.
    builder.add_unsigned_field(NUMBER, fast=True)
    for stemmed in ("title", "text", "details"):
        builder.add_text_field(stemmed, tokenizer_name=STEMS)
    builder.add_text_field("title_words", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("title_letters", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("title_sounds", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _fields(number: int, document: Sought) -> tantivy.Document:
    fields = tantivy.Document()
    fields.add_unsigned(NUMBER, number)
    fields.add_text("title", document.title)
    fields.add_text("text", document.text)
    fields.add_text("details", document.details)
    fields.add_text("title_words", " ".join(document.words))
    fields.add_text("title_letters", " ".join(sorted(letter_grams([document.letters]))))
    # Other ways to say it count once each where they differ, so that a word with two ways does not weigh more than its neighbours.
    grams = [sound_grams(way) for way in document.sounds]
    others = [sorted(set(way) - set(grams[0])) for way in grams[1:]]
    fields.add_text("title_sounds", " ".join(gram for way in (*grams[:1], *others) for gram in way))
    return fields
