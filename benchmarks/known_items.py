"""Known-item search on real speech: how often the document that a recording reads comes first, by what search may use.

Documents are the texts of the recordings and distractors; queries are the recordings. What was heard comes through the recogniser that serves, whose
lexicon and language model know nothing of the documents; on request once more with the documents' titles in both, as a server has its catalogues'.
"""

from __future__ import annotations

import gzip
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bars import Share
from cloud_server.feedback import evidence
from cloud_server.search.candidates import Candidate
from cloud_server.search.catalogue import Document
from cloud_server.search.engine import SearchEngine
from cloud_server.search.fit import NO_FIT, fits
from cloud_server.search.heard import Heard
from cloud_server.search.index import build_index, open_index
from cloud_server.search.ranking import rank
from cloud_server.search.weights import SHIPPED, Weights
from cloud_server.title_words import chosen
from models.bundle import Bundle, load_bundle
from models.decode.readers import reader_of
from models.decode.vocabulary import vocabulary_with
from models.evaluate.bootstrap import interval, resampled_rates
from models.evaluate.scoring import labelled_rows
from models.evaluate.slices import MAIN, main_slice
from models.pronounce.pronouncer import english
from models.recognizer import Recognizer
from models.sounds import SoundHead
from models.text import normalise_text
from models.transcribe import read_pcm
from protos.errors import ConfigurationError
from protos.messages import Hypothesis, SearchHit

WAYS = ("one_best", "fusion", "phonetic", "full", "oracle")
"""The best hypothesis' words; those of the whole n-best list; and the sounds; and the audio's verdict; and the words that were said."""
BIASED = ("biased_one_best", "biased")
"""The same as one_best and full, heard with the documents' titles in lexicon and language model."""
TEXTS = ("prompts.txt", "queries.txt", "common_voice_prompts.txt", "titles.txt", "books.txt.gz")
SHOWN = 5
Keep = Callable[[str, str, str], None]
Watch = Callable[[str, Iterable[Any], int], Iterable[Any]]
"""(what is done, items, how many) -> the same items: where progress is shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One recording, searched for."""

    speaker: str
    slice: str
    ranks: dict[str, int | None]
    """Way -> place of the wanted document, from 0; None where it is not among those shown."""
    search_s: float
    """From everything heard to hits, without the audio's verdict."""
    rescore_s: float
    """That verdict, on each candidate's title."""


def documents_of(texts: Sequence[str], distractors: Iterable[str], count: int, seed: int = 1) -> list[Document]:
    """`count` documents: every text, and distractors drawn at random, numbered from 0. Raises: ConfigurationError: there are not so many."""
    wanted = list(dict.fromkeys(texts))
    others = sorted(set(distractors) - set(wanted) - {""})
    if not len(wanted) <= count <= len(wanted) + len(others):
        raise ConfigurationError(f"--documents is {count}, must be within {len(wanted)}..{len(wanted) + len(others)}")
    chosen = random.Random(seed).sample(others, count - len(wanted))
    return [Document(id=str(number), title=text) for number, text in enumerate([*wanted, *chosen])]


def distractors(folder: Path) -> Iterator[str]:
    """Every line of those texts that are there. Raises: ConfigurationError: none is."""
    paths = [folder / name for name in TEXTS if (folder / name).is_file()]
    if not paths:
        raise ConfigurationError(f"{folder}: has none of {', '.join(TEXTS)}")
    for path in paths:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            yield from (line.strip() for line in lines)


def ask(
    engine: SearchEngine,
    recognizer: Recognizer,
    manifest: Path,
    rows: Iterable[dict[str, Any]],
    wanted: dict[str, str],
    biased: Recognizer | None = None,
    keep: Keep | None = None,
) -> Iterator[Asked]:
    """wanted: text -> document's id. biased: hears titles too. keep: told who spoke, the id, and what the hits were chosen from."""
    sounding = SoundHead(recognizer.bundle.heads)
    for row in rows:
        text = normalise_text(row["text"])
        pcm = read_pcm(manifest.parent / row["audio"])
        heard = heard_by(recognizer, sounding, pcm)
        hits = {
            "one_best": ids(engine.search(heard.alternatives[:1], SHOWN)),
            "fusion": ids(engine.search(heard.alternatives, SHOWN)),
            "oracle": ids(engine.search([Hypothesis(text, 1.0)], SHOWN)),
        }
        begin_s = time.perf_counter()
        candidates = engine.candidates(heard)
        found_s = time.perf_counter()
        fitting = rescore(sounding, heard, candidates)
        rescored_s = time.perf_counter()
        found = rank(candidates, fitting, SHOWN, engine.weights)
        hits["full"] = ids(found)
        ranked_s = time.perf_counter()
        hits["phonetic"] = [candidate.document.id for candidate in candidates[:SHOWN]]
        if biased is not None:
            again = heard_by(biased, sounding, pcm)
            hits["biased_one_best"] = ids(engine.search(again.alternatives[:1], SHOWN))
            hits["biased"] = ids(all_ways(engine, sounding, again))
        if keep is not None:
            keep(str(row.get("speaker")), wanted[text], evidence(heard, engine, candidates, fitting, found))
        ranks = {way: hits[way].index(wanted[text]) if wanted[text] in hits[way] else None for way in (*WAYS, *BIASED) if way in hits}
        yield Asked(str(row.get("speaker")), main_slice(row), ranks, found_s - begin_s + ranked_s - rescored_s, rescored_s - found_s)


def heard_by(recognizer: Recognizer, sounding: SoundHead, pcm: bytes) -> Heard:
    recognition, logits = recognizer.listen(pcm, 0)
    return Heard(recognition.alternatives, None if logits is None else sounding.sounds(logits))


def all_ways(engine: SearchEngine, sounding: SoundHead, heard: Heard) -> Sequence[SearchHit]:
    candidates = engine.candidates(heard)
    return rank(candidates, rescore(sounding, heard, candidates), SHOWN, engine.weights)


def rescore(sounding: SoundHead, heard: Heard, candidates: Sequence[Candidate]) -> list[float]:
    if heard.sounds is None:
        return [NO_FIT] * len(candidates)
    phrases = [candidate.phrases(heard.sounds.head) for candidate in candidates]
    return fits(heard, phrases, sounding.fit(heard.sounds.log_probs, [phrase for ways in phrases for phrase in ways]).tolist())


def ids(hits: Sequence[SearchHit]) -> list[str]:
    return [hit.id for hit in hits]


def figures(asked: Sequence[Asked]) -> dict[str, Any]:
    """Shares with intervals over speakers; gap_closed: of the way from one_best to the oracle, how much full goes."""
    slices: dict[str, list[Asked]] = {}
    for one in asked:
        slices.setdefault(one.slice, []).append(one)
    order = [name for name in MAIN if name in slices] + sorted(set(slices) - set(MAIN))
    first = success(asked, 1)
    gap, closed = (first[way]["value"] - first["one_best"]["value"] for way in ("oracle", "full"))
    return {
        "success_at_1": values(first),
        "success_at_5": values(success(asked, SHOWN)),
        "mean_reciprocal_rank": {way: round(float(np.mean([reciprocal(one.ranks[way]) for one in asked])), 4) for way in ways_of(asked)},
        "intervals": {way: [share["low"], share["high"]] for way, share in first.items()},
        "gain": gain(asked),
        "gap_closed": round(closed / gap, 4) if gap > 0 else None,
        "latency_ms": latency(asked),
        "slices": {name: {"queries": len(slices[name]), **success(slices[name], 1)} for name in order},
        "queries": len(asked),
    }


def latency(asked: Sequence[Asked]) -> dict[str, Any]:
    """Of search with its rescoring, and of each."""
    times_ms = 1000 * np.array([[one.search_s + one.rescore_s, one.search_s, one.rescore_s] for one in asked])
    both, search, rescoring = ({"p50": round(low, 2), "p95": round(high, 2)} for low, high in np.percentile(times_ms, [50, 95], axis=0).T.tolist())
    return {**both, "search": search, "rescore": rescoring}


def reciprocal(rank: int | None) -> float:
    return 0.0 if rank is None else 1 / (1 + rank)


def success(asked: Sequence[Asked], places: int) -> dict[str, dict[str, float]]:
    """Way -> share of queries whose document is among the first `places`."""
    found = {way: [(place := one.ranks[way]) is not None and place < places for one in asked] for way in ways_of(asked)}
    speakers = [one.speaker for one in asked]
    spreads = {way: interval(resampled_rates(marks, np.ones(len(asked)), speakers)) for way, marks in found.items()}
    return {
        way: {"value": round(float(np.mean(marks)), 4), "low": round(spreads[way][0], 4), "high": round(spreads[way][1], 4)}
        for way, marks in found.items()
    }


def gain(asked: Sequence[Asked]) -> dict[str, float]:
    """Of full over one_best in success at 1, on the same draws of speakers."""
    marks = np.array([[float(one.ranks[way] == 0) for one in asked] for way in ("full", "one_best")])
    rates = resampled_rates(marks, np.ones(len(asked)), [one.speaker for one in asked])
    low, high = interval(rates[0] - rates[1])
    return {"value": round(float(marks[0].mean() - marks[1].mean()), 4), "low": round(low, 4), "high": round(high, 4)}


def ways_of(asked: Sequence[Asked]) -> list[str]:
    return [way for way in (*WAYS, *BIASED) if way in asked[0].ranks]


def values(shares: dict[str, dict[str, float]]) -> dict[str, float]:
    return {way: share["value"] for way, share in shares.items()}


def measure_known_items(
    manifest: Path,
    texts: Path,
    bundle: Path,
    documents: int,
    limit: int | None,
    watch: Watch,
    *,
    biased: bool = False,
    keep: Keep | None = None,
    weights: Weights = SHIPPED,
) -> dict[str, Any]:
    """Raises: ConfigurationError: a manifest or text that is not there, or more documents than texts."""
    rows, _ = labelled_rows(manifest, limit)
    made = documents_of([normalise_text(row["text"]) for row in rows], distractors(texts), documents)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        begin_s = time.perf_counter()
        build_index(made, Path(temporary) / "index", "known-items")
        built_s = time.perf_counter() - begin_s
        size = sum(path.stat().st_size for path in (Path(temporary) / "index").rglob("*") if path.is_file())
        engine = SearchEngine(open_index(Path(temporary) / "index"), weights)
        loaded = load_bundle(bundle)
        knowing = biased_recognizer(loaded, made) if biased else None
        wanted = {one.title: one.id for one in made}
        asked = list(watch("search", ask(engine, Recognizer(loaded), manifest, rows, wanted, knowing, keep), len(rows)))
    return {**figures(asked), "documents": documents, "index": {"seconds": round(built_s, 2), "megabytes": round(size / 1e6, 2)}}


def biased_recognizer(bundle: Bundle, documents: Sequence[Document]) -> Recognizer:
    """As a server hears whose catalogue they are: the first 20,000 titles where there are more, those that are asked for among them."""
    return Recognizer(bundle, reader=reader_of(bundle, vocabulary=vocabulary_with(bundle, chosen(documents), english())))


def as_groups(facts: dict[str, Any]) -> dict[str, dict[str, Share]]:
    """Slice -> way -> success at 1 with its interval, for a plot; all of them last."""
    groups = {
        f"{name} ({row['queries']})": {way: (row[way]["value"], row[way]["low"], row[way]["high"]) for way in facts["success_at_1"]}
        for name, row in facts["slices"].items()
    }
    return {**groups, f"all ({facts['queries']})": {way: (value, *facts["intervals"][way]) for way, value in facts["success_at_1"].items()}}


def as_rows(facts: dict[str, Any]) -> Iterator[str]:
    """For people: a line a slice, in percent."""
    ways = list(facts["success_at_1"])
    yield f"{'success at 1':14s}{'queries':>8s}" + "".join(f"{way:>22s}" for way in ways)
    rows = {**facts["slices"], "all": {"queries": facts["queries"], **facts["success_at_1"]}}
    for name, row in rows.items():
        shares = [row[way] if name != "all" else dict(zip(("low", "high"), facts["intervals"][way], strict=True), value=row[way]) for way in ways]
        cells = (f"{share['value']:.1%} ({share['low']:.0%}..{share['high']:.0%})" for share in shares)
        yield f"{name:14s}{row['queries']:8d}" + "".join(f"{cell:>22s}" for cell in cells)
    gained, times = facts["gain"], facts["latency_ms"]
    closed = "" if facts["gap_closed"] is None else f", {facts['gap_closed']:.0%} of the way to the oracle"
    yield f"full over one_best: {gained['value']:+.1%} ({gained['low']:+.1%}..{gained['high']:+.1%}){closed}"
    yield (
        f"{facts['documents']} documents, built in {facts['index']['seconds']} s, {facts['index']['megabytes']} MB;"
        f" p95 {times['search']['p95']} ms to search, {times['rescore']['p95']} ms to rescore"
    )
