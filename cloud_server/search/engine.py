"""Everything that was heard -> candidates, from an index on this machine. Asks it in several ways.

Words: the n-best list is one question (`search.query`), asked as words (BM25 over stems of title, text, tags and the other fields), as words with
a letter wrong (title words at an edit distance of 1 or 2, for words that no title has) and as letters (title pairs and triples without word
boundaries, because a recogniser splits words anywhere). A title two guesses agree on beats one that only the best guess names.
Sounds: pairs and triples of heard phones against those of the titles; no spelling, lexicon or language model stands between.
Audio: how well each candidate's title fits the frames themselves (`models.sounds`), measured by a worker and ranked by (`search.ranking`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import cast

import tantivy

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
from cloud_server.search.heard import Heard
from cloud_server.search.index import OpenIndex
from cloud_server.search.inverted import NUMBER
from cloud_server.search.ranking import rank
from cloud_server.search.terms import letter_grams, stems_of
from cloud_server.search.weights import SHIPPED, Weights
from protos.messages import Hypothesis, SearchHit

STEM_CACHE = 20_000


class SearchEngine:
    """Thread-safe: tantivy searchers are snapshots, nothing here changes after construction but a cache. A `SearchBackend`."""

    def __init__(self, index: OpenIndex, weights: Weights = SHIPPED) -> None:
        self.name, self.version, self.weights = index.name, index.version, weights
        self._entries = _Entries(index)
        self._schema = index.index.schema
        self._searcher = index.index.searcher()

    def __len__(self) -> int:
        return len(self._entries.documents)

    @property
    def documents(self) -> Sequence[Document]:
        return self._entries.documents

    def search(self, alternatives: Sequence[Hypothesis], max_hits: int) -> tuple[SearchHit, ...]:
        """By words alone: best first, at most max_hits; empty where nothing is above chance."""
        return rank(self.candidates(Heard(tuple(alternatives))), None, max_hits, self.weights)

    def candidates(self, heard: Heard) -> list[Candidate]:
        """The likeliest MAX_CANDIDATES first, by all but the audio."""
        question = question_of(heard)
        return candidates_of(question, self._answers(question), self._entries, self.weights)

    def names_in_full(self, transcript: str) -> bool:
        """Whether nearly all letters of some title were heard: who pauses then has probably said what they want."""
        heard = letters_to_complete(transcript)
        titles = self._scores(self._any_of("title_letters", dict.fromkeys(sorted(heard), 1.0)))
        return is_complete(heard, map(self._entries.title_letters, titles))

    def _answers(self, question: Question) -> Answers:
        return Answers(
            {field: self._scores(self._any_of(field, question.masses)) for field in STEMMED},
            {word: self._fuzzy(word, distance) for word, distance in question.fuzzy.items() if not self._is_in_a_title(word)},
            self._scores(self._any_of("title_letters", question.query.grams)),
            self._scores(self._any_of("title_sounds", question.sounds), SOUND_CANDIDATES) if question.sounds else {},
        )

    def _is_in_a_title(self, word: str) -> bool:
        return bool(self._searcher.search(self._any_of("title_words", {word: 1.0}), 1).hits)

    def _fuzzy(self, word: str, distance: int) -> dict[int, float]:
        return self._scores(tantivy.Query.fuzzy_term_query(self._schema, "title_words", word, distance))

    def _scores(self, query: tantivy.Query, limit: int = CANDIDATES) -> dict[int, float]:
        hits = self._searcher.search(query, limit).hits
        numbers = self._searcher.fast_field_values(NUMBER, [address for _, address in hits])
        return dict(zip(cast("list[int]", numbers), (score for score, _ in hits), strict=True))

    def _any_of(self, field: str, terms: Mapping[str, float]) -> tantivy.Query:
        """terms: each with its weight."""
        queries = [tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, field, term), weight) for term, weight in terms.items()]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


class _Entries:
    """Of an index on disk: everything in memory but its stems."""

    def __init__(self, index: OpenIndex) -> None:
        self.documents, self._sounds, self._letters = index.documents, index.sounds, index.letters
        # Of the texts, not of self: an engine that is replaced goes at once, not when the collector finds the circle.
        self._stems = lru_cache(STEM_CACHE)(partial(_stems_of, index.texts))

    def document(self, number: int) -> Document:
        return self.documents[number]

    def sounds(self, number: int) -> tuple[str, ...]:
        return self._sounds[number]

    def title_letters(self, number: int) -> frozenset[str]:
        return letter_grams([self._letters[number]])

    def stems(self, number: int) -> frozenset[str]:
        return self._stems(number)


def _stems_of(texts: Sequence[str], number: int) -> frozenset[str]:
    return frozenset(stems_of(texts[number]))
