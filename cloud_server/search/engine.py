"""Everything that was heard -> ranked hits. Asks the index in several ways for each hypothesis; a title's own letters settle the order.

A hypothesis is asked for as words (BM25 over stems of title, text, tags and the other fields), as words with a letter wrong (title words at an edit
distance of 1 or 2) and as letters (title pairs and triples without word boundaries, because a small recogniser splits words anywhere). The score
of a document is the sum over hypotheses of P(hypothesis) * score(document | hypothesis): a title two guesses agree on beats one that only the best
guess names.

A document counts as found if enough of its title's letters were heard or if it has enough of the words. Neither test looks at a BM25 score,
whose size depends on the catalogue: a floor on it would hide every recipe of a common tag.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import tantivy

from cloud_server.search.index import OpenIndex
from cloud_server.search.terms import content_words, letter_grams, stems_of
from protos.messages import Hypothesis, Match, SearchHit

CANDIDATES = 50
MAX_QUERY_WORDS = 40
# Weights and floors: every recipe title in "find me a recipe for ..." with random letter edits, seed 7 to choose, seed 99 to judge.
WEIGHTS = {"title": 1.0, "text": 0.25, "details": 0.4, "fuzzy": 1.0, "trigram": 32.0}
POPULARITY_WEIGHT = 0.2
MIN_LETTER_SHARE = 0.32
"""Of a title's letter pairs and triples. Lower finds a few more titles at 30 % wrong letters and doubles what speech about something else finds."""
MIN_WORD_SHARE = 0.5
"""Of the content words of a hypothesis."""


@dataclass(slots=True)
class _Scored:
    total: float = 0.0
    best: float = 0.0
    matched: Match = field(default_factory=Match)


class SearchEngine:
    """Thread-safe: tantivy searchers are snapshots, nothing here changes after construction."""

    def __init__(self, index: OpenIndex) -> None:
        self._documents = index.documents
        self._schema = index.index.schema
        self._searcher = index.index.searcher()
        self._titles = [letter_grams(content_words(document.title)) for document in index.documents]
        self.name, self.version = index.name, index.version

    def __len__(self) -> int:
        return len(self._documents)

    def search(self, alternatives: Sequence[Hypothesis], max_hits: int) -> tuple[SearchHit, ...]:
        """Best first, at most max_hits; empty where nothing is above chance. Confidences are weighed against each other: any scale will do."""
        mass = sum(max(hypothesis.confidence, 0.0) for hypothesis in alternatives)
        scored: dict[int, _Scored] = {}
        for index, hypothesis in enumerate(alternatives):
            weight = max(hypothesis.confidence, 0.0) / mass if mass > 0 else 1 / len(alternatives)
            for number, ways in self._ways(hypothesis.transcript).items():
                total = sum(ways.values())
                item = scored.setdefault(number, _Scored())
                item.total += weight * total
                if weight * total > item.best:
                    item.best, item.matched = weight * total, _match(index, ways)
        hits = [(item.total + POPULARITY_WEIGHT * self._documents[number].popularity, -number, item) for number, item in scored.items()]
        return tuple(
            self._hit(-number, score, item.matched) for score, number, item in sorted(hits, key=lambda hit: hit[:2], reverse=True)[:max_hits]
        )

    def _ways(self, transcript: str) -> dict[int, dict[str, float]]:
        """Document number -> way of matching -> weighted score, for the documents that count as found."""
        words = content_words(transcript)[:MAX_QUERY_WORDS]
        ways: defaultdict[int, dict[str, float]] = defaultdict(dict)
        has: Counter[int] = Counter()
        for word in words:
            queries = self._word_queries(word)
            found = {way: self._scores(query) for way, query in queries.items()}
            has.update(set().union(*found.values()))
            for way, scores in found.items():
                for number, score in scores.items():
                    ways[number][way] = ways[number].get(way, 0.0) + WEIGHTS[way] * score
        heard = letter_grams(words)
        letters = [tantivy.Query.term_query(self._schema, "title_letters", gram) for gram in heard]
        for number in self._scores(_any(letters)).keys() | set(ways):
            title = self._titles[number]
            share = len(title & heard) / len(title) if title else 0.0
            if share >= MIN_LETTER_SHARE:
                ways[number]["trigram"] = WEIGHTS["trigram"] * share * share
        return {number: by for number, by in ways.items() if "trigram" in by or has[number] >= MIN_WORD_SHARE * len(words)}

    def _word_queries(self, word: str) -> dict[str, tantivy.Query]:
        stems = stems_of(word)
        queries = {way: _any([tantivy.Query.term_query(self._schema, way, stem) for stem in stems]) for way in ("title", "text", "details")}
        if len(word) >= 4:
            queries["fuzzy"] = tantivy.Query.fuzzy_term_query(self._schema, "title_words", word, 1 if len(word) < 8 else 2)
        return queries

    def _scores(self, query: tantivy.Query) -> dict[int, float]:
        hits = self._searcher.search(query, CANDIDATES).hits
        return {cast("int", self._searcher.doc(address).get_first("number")): score for score, address in hits}

    def _hit(self, number: int, score: float, matched: Match) -> SearchHit:
        document = self._documents[number]
        return SearchHit(document.id, document.title, document.snippet, document.url, score, matched)


def _any(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _match(hypothesis_index: int, ways: dict[str, float]) -> Match:
    way = max(ways, key=lambda name: ways[name])
    field, how = {"fuzzy": ("title", "fuzzy"), "trigram": ("title", "trigram")}.get(way, (way, "exact"))
    return Match(hypothesis_index, field, how)
