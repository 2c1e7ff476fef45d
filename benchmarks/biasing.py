"""What a catalogue's titles do to what is heard: errors in titles that are read, and in speech that names none. No server; the decoder that serves.

Every second recording reads a title of the catalogue: its whole text (`whole`), or the second half of it (`part`), which then stands behind other
words. The rest of the catalogue is texts that nobody reads. The other recordings say what is not in the catalogue.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rapidfuzz.distance import Levenshtein

from benchmarks.accuracy import found_manifest
from benchmarks.known_items import distractors, documents_of
from models.bundle import Bundle, default_bundle_dir, load_bundle
from models.ctc import Logits
from models.decode.readers import Reader, reader_of
from models.decode.vocabulary import vocabulary_with
from models.evaluate.bootstrap import interval, resampled_rates
from models.evaluate.commands import watched
from models.evaluate.scoring import labelled_rows
from models.pronounce.pronouncer import english
from models.recognizer import Recognizer
from models.text import normalise_text
from models.transcribe import read_waveform

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("whole", "part")
LEAST_WORDS = 4
"""Of a text whose second half is a title."""
MOST_WORDS = 16
"""Of a text that nobody reads, where halves are titles: the recordings' own are no longer."""
Watch = Callable[[str, Iterable[Any], int], Iterable[Any]]
"""(what is done, items, how many) -> the same items: where progress is shown."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one recording says, and from which word on it is a title."""

    speaker: str
    words: tuple[str, ...]
    title_from: dict[str, int | None]
    """Way -> first word of the title; None: it names nothing."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording, read by the bundle's own words and by those with titles."""

    spoken: Spoken
    without: tuple[str, ...]
    with_titles: dict[str, tuple[str, ...]]
    seconds: tuple[float, ...]
    """To decode, without titles and with those of each way."""


def title_of(text: str, way: str) -> str | None:
    """None where it is too short to be cut."""
    words = text.split()
    return text if way == "whole" else " ".join(words[len(words) // 2 :]) if len(words) >= LEAST_WORDS else None


def spoken_of(rows: Sequence[dict[str, Any]]) -> list[Spoken]:
    """rows: of `labelled_rows`; every second one reads a title. What is neither its reading nor free of titles counts nowhere."""
    texts = [normalise_text(row["text"]) for row in rows]
    titles = {way: {title_of(text, way) for text in texts[::2]} - {None} for way in WAYS}
    spoken = []
    for row, text in zip(rows, texts, strict=True):
        words, own = text.split(), {way: title_of(text, way) for way in WAYS}
        title_from = {way: len(words) - len((own[way] or "").split()) if own[way] in titles[way] else None for way in WAYS}
        spoken.append(Spoken(str(row.get("speaker") or row["audio"]), tuple(words), title_from))
    return spoken


def catalogue_of(spoken: Sequence[Spoken], way: str, unread: Iterable[str], count: int) -> list[str]:
    """`count` titles: those that are read, and others cut alike. Raises: ConfigurationError: there are not so many."""
    said = {" ".join(one.words) for one in spoken}
    read = [" ".join(one.words[first:]) for one in spoken if (first := one.title_from[way]) is not None]
    others = (text for text in unread if text not in said and (way == "whole" or len(text.split()) <= MOST_WORDS))
    unread_titles = [title for text in others if (title := title_of(text, way))]
    return [document.title for document in documents_of(read, unread_titles, count)]


def hear(readers: Sequence[Reader], clips: Iterable[tuple[Spoken, Logits]]) -> Iterator[Heard]:
    """readers: without titles, then with those of each way."""
    for spoken, logits in clips:
        words, seconds = [], []
        for reader in readers:
            begin_s = time.process_time()
            found = reader.decode(logits)
            seconds.append(time.process_time() - begin_s)
            words.append(found[0].words if found else ())
        yield Heard(spoken, words[0], dict(zip(WAYS, words[1:], strict=True)), tuple(seconds))


def errors_from(reference: Sequence[str], heard: Sequence[str], first: int) -> int:
    """Word errors at or behind the reference's word `first`, of the alignment with the fewest in all."""
    return sum(edit.src_pos >= first for edit in Levenshtein.editops(reference, heard))


def figures(heard: Sequence[Heard]) -> dict[str, Any]:
    """Rates are fractions of the words that count; intervals are over speakers."""
    facts: dict[str, Any] = {}
    for way in WAYS:
        naming = [(one, first) for one in heard if (first := one.spoken.title_from[way]) is not None]
        others = [(one, 0) for one in heard if one.spoken.title_from[way] is None]
        facts[way] = {"title_words": _compared(naming, way), "other_speech": _compared(others, way)}
    times_ms = 1000 * np.array([one.seconds for one in heard])
    facts["decode_cpu_ms"] = {
        name: dict(zip(("p50", "p95"), np.percentile(column, [50, 95]).round(1).tolist(), strict=True))
        for name, column in zip(("without", *WAYS), times_ms.T, strict=True)
    }
    return facts


def _compared(counted: Sequence[tuple[Heard, int]], way: str) -> dict[str, Any]:
    """counted: each with the first word that counts."""
    lengths = [len(one.spoken.words) - first for one, first in counted]
    errors = np.array(
        [[errors_from(one.spoken.words, said, first) for one, first in counted for said in (one.without, one.with_titles[way])]]
    ).reshape(-1, 2)
    without, with_titles = (errors.sum(axis=0) / max(1, sum(lengths))).tolist()
    drawn = resampled_rates(errors.T, lengths, [one.spoken.speaker for one, _ in counted])
    low, high = interval(100 * (drawn[1] - drawn[0]))
    return {
        "recordings": len(counted),
        "words": sum(lengths),
        "without": round(without, 4),
        "with_titles": round(with_titles, 4),
        "fewer": round(1 - with_titles / without, 4) if without else None,
        "points": round(100 * (with_titles - without), 2),
        "points_low": round(low, 2),
        "points_high": round(high, 2),
    }


def measure_biasing(manifest: Path, texts: Path, bundle: Bundle, documents: int, limit: int | None, watch: Watch) -> dict[str, Any]:
    """Raises: ConfigurationError: a manifest or text that is not there, or fewer texts than documents."""
    rows, _ = labelled_rows(manifest, limit)
    spoken, recognizer = spoken_of(rows), Recognizer(bundle)
    catalogues = [catalogue_of(spoken, way, distractors(texts), documents) for way in WAYS]
    vocabularies = [vocabulary_with(bundle, titles, english()) for titles in watch("words", catalogues, len(WAYS))]
    readers = [recognizer.reader, *(reader_of(bundle, vocabulary=vocabulary) for vocabulary in vocabularies)]
    clips = ((one, recognizer.logits(read_waveform(manifest.parent / row["audio"]))) for one, row in zip(spoken, rows, strict=True))
    return {**figures(list(watch("hear", hear(readers, clips), len(rows)))), "documents": documents, "recordings": len(rows)}


def biasing(
    manifest: Annotated[Path, typer.Option(help="JSONL of recordings with texts, here or under HARKEN_SHARED.")] = Path("speech/dev.jsonl"),
    documents: Annotated[int, typer.Option(min=1, help="Titles in the catalogue, those that are read among them.")] = 10_000,
    bundle: Annotated[Path | None, typer.Option(help="Model bundle; default: the one shipped.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many recordings, evenly spread.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; rates are fractions, times processor milliseconds.")] = False,
) -> None:
    """What a catalogue's titles do to what is heard: word errors in titles that are read, and in speech that names none.

    Every second recording reads a title: whole is its text, part the second half of it. The others say what is not in the catalogue.

    \b
    harken-bench biasing --json
    harken-bench biasing --manifest speech/test.jsonl --documents 780
    """
    shared = Path(os.environ.get("HARKEN_SHARED") or ROOT.parent / "shared")
    found, chosen = found_manifest(manifest, shared), load_bundle(bundle or default_bundle_dir())
    facts = measure_biasing(found, shared / "text", chosen, documents, limit, watched)
    print(json.dumps(facts) if as_json else "\n".join(as_lines(facts)))


def as_lines(facts: dict[str, Any]) -> Iterator[str]:
    """For people, in percent."""
    for way in WAYS:
        for what, one in facts[way].items():
            fewer = "" if one["fewer"] is None else f", {one['fewer']:.0%} fewer"
            yield (
                f"{way:6s}{what:14s}{one['recordings']:5d} recordings: {one['without']:6.1%} of words wrong without titles, {one['with_titles']:6.1%}"
                f" with them{fewer} ({one['points']:+.2f} points: {one['points_low']:+.2f} to {one['points_high']:+.2f})"
            )
    times = (f"{name} {one['p50']} ms, p95 {one['p95']}" for name, one in facts["decode_cpu_ms"].items())
    yield f"{facts['documents']} titles; processor time to decode, median: {'; '.join(times)}"
