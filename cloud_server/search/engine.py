"""Everything that was heard -> candidates, and with the audio's own verdict on them -> ranked hits. Asks the index in several ways.

Words: the n-best list is one question (`search.query`), asked as words (BM25 over stems of title, text, tags and the other fields), as words with
a letter wrong (title words at an edit distance of 1 or 2, for words that no title has) and as letters (title pairs and triples without word
boundaries, because a recogniser splits words anywhere). A title two guesses agree on beats one that only the best guess names.
Sounds: pairs and triples of heard phones against those of the titles; no spelling, lexicon or language model stands between.
Audio: how well each candidate's title fits the frames themselves (`models.sounds`), measured by a worker and brought here to rank by.

A document counts as found if its title was heard (by the audio where that was asked, otherwise by its letters) or if it has enough of the words. No
test looks at a BM25 score, whose size depends on the catalogue: a floor on it would hide every recipe of a common tag.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import cast

import tantivy

from cloud_server.search.catalogue import Document
from cloud_server.search.heard import Heard
from cloud_server.search.index import OpenIndex
from cloud_server.search.query import MAX_QUERY_WORDS, Query, query_of
from cloud_server.search.sounds import sound_grams
from cloud_server.search.terms import content_words, letter_grams, stems_of
from models.sounds import CHARACTER_HEAD
from models.text import normalise_text, search_text
from protos.messages import Hypothesis, Match, SearchHit

CANDIDATES = 50
SOUND_CANDIDATES = 100
MAX_CANDIDATES = 100
"""That the audio is asked about: of the wanted documents in 10,000 sentences 98 % are among as many."""
STEMMED = ("title", "text", "details")
# Weights and floors: every recipe title in "find me a recipe for ..." with random letter edits, seed 7 to choose, seed 99 to judge; of sounds and
# audio: the dev recordings among 10,000 sentences (flat around these values).
WEIGHTS = {"title": 1.0, "text": 0.25, "details": 0.4, "fuzzy": 1.0, "trigram": 32.0, "sounds": 1.0, "audio": 100.0}
POPULARITY_WEIGHT = 0.2
MIN_LETTER_SHARE = 0.32
"""Of a title's letter pairs and triples. Lower finds a few more titles at 30 % wrong letters and doubles what speech about something else finds."""
MIN_EXPLAINED = 0.15
"""Of the letter pairs and triples that were heard: some letters of a short title are in every long sentence."""
MIN_WORD_SHARE = 0.6
"""Of the content words of a hypothesis. With half of them 600 recipes refuse 31 % of sentences about something else, with 0.6 38 %, and titles are
found as often."""
EXPLAINED_SHARE = 0.25
"""Of the letters' weight: what a title gets for leaving nothing of what was heard unexplained. Else a longer title that has all words is as good."""
FULL_LETTER_SHARE = 0.9
"""Of a title's letter pairs and triples: one wrong letter in a long title, none in a short one."""
MIN_FIT = -3.0
"""Nats a symbol: 97.5 % of the titles that were said fit better, and 10 % of the best fits of what is not in the catalogue."""
FIT_SCALE = 2.0
STEM_CACHE = 20_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that may be meant, before its audio is asked."""

    number: int
    ways: dict[str, float]
    """Way of matching -> weighted score, all hypotheses together."""
    worded: bool
    """It has enough of a hypothesis' words."""
    hypothesis_index: int
    """Of the likeliest hypothesis that shares most words with it."""


class SearchEngine:
    """Thread-safe: tantivy searchers are snapshots, nothing here changes after construction but a cache."""

    def __init__(self, index: OpenIndex) -> None:
        self._documents, self._sounds = index.documents, index.sounds
        self._letters = index.letters
        self._schema = index.index.schema
        self._searcher = index.index.searcher()
        # Of the documents, not of self: an engine that is replaced goes at once, not when the collector finds the circle.
        self._stems = lru_cache(STEM_CACHE)(partial(_stems_of, index.documents))
        self.name, self.version = index.name, index.version

    def __len__(self) -> int:
        return len(self._documents)

    @property
    def documents(self) -> Sequence[Document]:
        return self._documents

    def search(self, alternatives: Sequence[Hypothesis], max_hits: int) -> tuple[SearchHit, ...]:
        """By words alone: best first, at most max_hits; empty where nothing is above chance."""
        return self.rank(self.candidates(Heard(tuple(alternatives))), None, max_hits)

    def candidates(self, heard: Heard) -> list[Candidate]:
        """The likeliest MAX_CANDIDATES first, by all but the audio."""
        query = query_of(heard.alternatives)
        stems = {word: frozenset(stems_of(word)) for word in query.words}
        ways: dict[int, dict[str, float]] = {}
        fuzzy = self._fuzzy(query)
        for way, scores in {**self._fields(query, stems), "fuzzy": _summed(query, fuzzy)}.items():
            for number, score in scores.items():
                ways.setdefault(number, {})[way] = WEIGHTS[way] * score
        for number in self._scores(self._any_of("title_letters", query.grams)).keys() | set(ways):
            title = self._title_letters(number)
            share, explained = query.letters(title)
            if share >= MIN_LETTER_SHARE and explained >= MIN_EXPLAINED:
                weight = WEIGHTS["trigram"] * (1 - EXPLAINED_SHARE + EXPLAINED_SHARE * explained)
                ways.setdefault(number, {})["trigram"] = weight * share * share
        if heard.sounds is not None and heard.sounds.head != CHARACTER_HEAD:
            grams = dict.fromkeys(sound_grams(heard.sounds.best_path), 1.0)
            for number, score in self._scores(self._any_of("title_sounds", grams), SOUND_CANDIDATES).items():
                ways.setdefault(number, {})["sounds"] = WEIGHTS["sounds"] * score
        order = sorted(ways, key=lambda number: (-sum(ways[number].values()), number))[:MAX_CANDIDATES]
        return [self._candidate(number, ways[number], query, stems, fuzzy) for number in order]

    def phrases(self, candidate: Candidate, head: str) -> tuple[str, ...]:
        """How its title may sound, as strings of that head (`models.sounds`)."""
        if head == CHARACTER_HEAD:
            return tuple(filter(None, (normalise_text(self._documents[candidate.number].title),)))
        return self._sounds[candidate.number]

    def id_of(self, candidate: Candidate) -> str:
        return self._documents[candidate.number].id

    def rank(self, candidates: Sequence[Candidate], fits: Sequence[float] | None, max_hits: int) -> tuple[SearchHit, ...]:
        """Best first, at most max_hits. fits: how well the audio fits each candidate (`search.fit`); None: it was not asked."""
        said = [
            (candidate, candidate.ways if fits is None else {**candidate.ways, "audio": WEIGHTS["audio"] * math.exp(fits[at] / FIT_SCALE)})
            for at, candidate in enumerate(candidates)
            if candidate.worded or ("trigram" in candidate.ways if fits is None else fits[at] >= MIN_FIT)
        ]
        scored = [(sum(ways.values()) + POPULARITY_WEIGHT * self._documents[one.number].popularity, -one.number, one, ways) for one, ways in said]
        best = sorted(scored, key=lambda item: item[:2], reverse=True)[:max_hits]
        return tuple(self._hit(one.number, score, _match(one, ways)) for score, _, one, ways in best)

    def names_in_full(self, transcript: str) -> bool:
        """Whether nearly all letters of some title were heard: who pauses then has probably said what they want."""
        heard = letter_grams(content_words(transcript)[:MAX_QUERY_WORDS])
        titles = map(self._title_letters, self._scores(self._any_of("title_letters", dict.fromkeys(sorted(heard), 1.0))))
        return any(title and len(title & heard) >= FULL_LETTER_SHARE * len(title) for title in titles)

    def _fields(self, query: Query, stems: Mapping[str, frozenset[str]]) -> dict[str, dict[int, float]]:
        """Stemmed field -> document number -> score."""
        masses: dict[str, float] = {}
        for word, mass in query.words.items():
            for stem in stems[word]:
                masses[stem] = masses.get(stem, 0.0) + mass
        return {field: self._scores(self._any_of(field, masses)) for field in STEMMED}

    def _fuzzy(self, query: Query) -> dict[str, dict[int, float]]:
        """Word -> document number -> score, for words of four letters and more that no title has; the others were heard right, or sound right."""
        found = {}
        for word in query.words:
            if len(word) >= 4 and not self._searcher.search(self._any_of("title_words", {word: 1.0}), 1).hits:
                distance = 1 if len(word) < 8 else 2
                found[word] = self._scores(tantivy.Query.fuzzy_term_query(self._schema, "title_words", word, distance))
        return found

    def _candidate(
        self, number: int, ways: dict[str, float], query: Query, stems: Mapping[str, frozenset[str]], fuzzy: Mapping[str, Mapping[int, float]]
    ) -> Candidate:
        own = self._stems(number)
        has = {word for word, of_word in stems.items() if not own.isdisjoint(of_word) or number in fuzzy.get(word, ())}
        counts = [sum(word in has for word in guess.words) for guess in query.guesses]
        shares = [count / len(guess.words) if guess.words else 0.0 for count, guess in zip(counts, query.guesses, strict=True)]
        best = max(range(len(shares)), key=lambda at: (round(shares[at], 6), query.guesses[at].weight), default=None)
        if best is None:
            return Candidate(number, ways, worded=False, hypothesis_index=0)
        guess = query.guesses[best]
        worded = shares[best] >= MIN_WORD_SHARE and counts[best] > 0 and guess.names_something
        return Candidate(number, ways, worded, guess.index)

    def _scores(self, query: tantivy.Query, limit: int = CANDIDATES) -> dict[int, float]:
        hits = self._searcher.search(query, limit).hits
        return {cast("int", self._searcher.doc(address).get_first("number")): score for score, address in hits}

    def _any_of(self, field: str, terms: Mapping[str, float]) -> tantivy.Query:
        """terms: each with its weight."""
        queries = [tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, field, term), weight) for term, weight in terms.items()]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])

    def _title_letters(self, number: int) -> frozenset[str]:
        return letter_grams([self._letters[number]])

    def _hit(self, number: int, score: float, matched: Match) -> SearchHit:
        document = self._documents[number]
        return SearchHit(document.id, document.title, document.snippet, document.url, score, matched)


def _stems_of(documents: Sequence[Document], number: int) -> frozenset[str]:
    """Of everything that is searched of a document, as the index has them."""
    document = documents[number]
    return frozenset(stems_of(search_text(" . ".join((document.title, document.text, *document.tags, *document.details)))))


def _summed(query: Query, fuzzy: Mapping[str, Mapping[int, float]]) -> dict[int, float]:
    scores: dict[int, float] = {}
    for word, found in fuzzy.items():
        for number, score in found.items():
            scores[number] = scores.get(number, 0.0) + query.words[word] * score
    return scores


def _match(candidate: Candidate, ways: dict[str, float]) -> Match:
    way = max(ways, key=lambda name: ways[name])
    hows = {"fuzzy": ("title", "fuzzy"), "trigram": ("title", "trigram"), "sounds": ("title", "phonetic"), "audio": ("title", "acoustic")}
    field, how = hows.get(way, (way, "exact"))
    return Match(candidate.hypothesis_index, field, how)
