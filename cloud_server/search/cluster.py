"""A catalogue too large for one machine, on an OpenSearch cluster: asked what the index on disk is asked, ranked by the same code (`SearchBackend`).

The cluster matches terms and nothing else: stems, letters and phones are worked out here, as for the index on disk, and compared as they are. It was
written after OpenSearch's documentation and tested against a server of the tests' own; NOT run against a live cluster: none was at hand.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from cloud_server.search.candidates import (
    CANDIDATES,
    SOUND_CANDIDATES,
    STEMMED,
    Answers,
    Candidate,
    Question,
    candidates_of,
    is_complete,
    letters_to_complete,
    question_of,
)
from cloud_server.search.catalogue import Document
from cloud_server.search.cluster_client import SEARCH_TIMEOUT_S, Cluster
from cloud_server.search.cluster_entries import Entry, entry_of
from cloud_server.search.heard import Heard
from cloud_server.search.weights import SHIPPED, Weights
from protos.errors import CatalogueUnreachable

BM25_SCALE = 2.2
"""Lucene leaves out BM25's constant factor k1 + 1, tantivy has it; the weights are of scores with it."""
FORMAT = 1
NAMED = 10_000
"""Documents whose names may be heard: what OpenSearch gives in one page."""
COOL_S = 1.0
"""After a search that failed, others fail at once for so long: they would hold the threads that catalogues on disk are searched in."""


class ClusterBackend:
    """One version of a catalogue. Thread-safe."""

    def __init__(self, cluster: Cluster, index: str, weights: Weights = SHIPPED, timeout_s: float = SEARCH_TIMEOUT_S) -> None:
        """index: the one behind the alias now. Raises: CatalogueError: it is not ours, or of another format."""
        about = cluster.about(index, FORMAT)
        self.name, self.version, self.weights = cluster.name, str(about["version"]), weights
        self.documents: Sequence[Document] = cluster.most_popular(index, NAMED)
        self._count = int(about["documents"])
        self._cluster, self._index, self._timeout_s = cluster, index, timeout_s
        self._cool_until_s = 0.0

    def __len__(self) -> int:
        return self._count

    def candidates(self, heard: Heard) -> list[Candidate]:
        question = question_of(heard)
        shelf = _Shelf()
        return candidates_of(question, self._answers(question, shelf), shelf, self.weights)

    def names_in_full(self, transcript: str) -> bool:
        heard = letters_to_complete(transcript)
        (found,) = self._ask([_any_of("title_letters", dict.fromkeys(sorted(heard), 1.0))])
        shelf = _Shelf()
        return is_complete(heard, map(shelf.title_letters, shelf.take(found)))

    def _answers(self, question: Question, shelf: _Shelf) -> Answers:
        """Everything in one exchange; so words that titles may have are asked for with a letter wrong too, and the answer is left out if one has."""
        fuzzy = list(question.fuzzy.items())
        searches = [
            *(_any_of(f"{field}_stems", question.masses) for field in STEMMED),
            _any_of("title_letters", question.query.grams),
            _any_of("title_sounds", question.sounds, SOUND_CANDIDATES),
            *(_is_in_a_title(word) for word, _ in fuzzy),
            *(_with_letters_wrong(word, distance) for word, distance in fuzzy),
        ]
        found = self._ask(searches)
        words, wrong = found[len(STEMMED) + 2 :][: len(fuzzy)], found[len(STEMMED) + 2 + len(fuzzy) :]
        return Answers(
            {field: shelf.take(one, BM25_SCALE) for field, one in zip(STEMMED, found, strict=False)},
            {word: shelf.take(one) for (word, _), has, one in zip(fuzzy, words, wrong, strict=True) if not has},
            shelf.take(found[len(STEMMED)]),
            shelf.take(found[len(STEMMED) + 1], BM25_SCALE),
        )

    def _ask(self, searches: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
        """Hits of each. Raises: CatalogueUnreachable: not all of them came in time."""
        if time.monotonic() < self._cool_until_s:
            raise CatalogueUnreachable(f"{self._cluster.place}: failed less than {COOL_S} s ago, and is not asked until then")
        try:
            return self._cluster.search_all(self._index, searches, self._timeout_s)
        except CatalogueUnreachable:
            self._cool_until_s = time.monotonic() + COOL_S
            raise


class AbsentBackend:
    """In the place of a cluster that could not be reached when the server started: transcripts are delivered, and searches say UNAVAILABLE."""

    def __init__(self, name: str, weights: Weights = SHIPPED) -> None:
        self.name, self.version, self.weights = name, "", weights
        self.documents: Sequence[Document] = ()

    def __len__(self) -> int:
        return 0

    def candidates(self, _: Heard) -> list[Candidate]:
        raise CatalogueUnreachable(f"catalogue {self.name} was never reached")

    def names_in_full(self, _: str) -> bool:
        raise CatalogueUnreachable(f"catalogue {self.name} was never reached")


class _Shelf:
    """What one exchange brought, by number."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}

    def take(self, hits: Sequence[Mapping[str, Any]], scale: float = 1.0) -> dict[int, float]:
        """Number -> score."""
        scores = {}
        for hit in hits:
            number = int(hit["_source"]["number"])
            if number not in self._entries:
                self._entries[number] = entry_of(hit["_source"])
            scores[number] = scale * float(hit["_score"])
        return scores

    def document(self, number: int) -> Document:
        return self._entries[number].document

    def sounds(self, number: int) -> tuple[str, ...]:
        return self._entries[number].sounds

    def title_letters(self, number: int) -> frozenset[str]:
        return self._entries[number].title_letters

    def stems(self, number: int) -> frozenset[str]:
        return self._entries[number].stems


def _any_of(field: str, terms: Mapping[str, float], size: int = CANDIDATES) -> dict[str, Any]:
    """terms: each with its weight."""
    should = [{"term": {field: {"value": term, "boost": weight}}} for term, weight in sorted(terms.items())]
    return {"size": size, "query": {"bool": {"should": should, "minimum_should_match": 1}} if should else {"match_none": {}}}


def _is_in_a_title(word: str) -> dict[str, Any]:
    return {"size": 1, "_source": ["number"], "query": {"term": {"title_words": {"value": word}}}}


def _with_letters_wrong(word: str, distance: int) -> dict[str, Any]:
    """Each match counts 1, as in the index on disk."""
    return {
        "size": CANDIDATES,
        "query": {"fuzzy": {"title_words": {"value": word, "fuzziness": distance, "prefix_length": 0, "rewrite": "constant_score"}}},
    }
