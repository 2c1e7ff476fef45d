"""Everything that was heard -> candidates, and with the audio's own verdict on them -> ranked hits. Asks the index in several ways.

Words: each hypothesis of the n-best list is asked for as words (BM25 over stems of title, text, tags and the other fields), as words with a letter
wrong (title words at an edit distance of 1 or 2) and as letters (title pairs and triples without word boundaries, because a recogniser splits words
anywhere). The score of a document is the sum over hypotheses of P(hypothesis) * score(document | hypothesis): a title two guesses agree on beats one
that only the best guess names.
Sounds: pairs and triples of heard phones against those of the titles; no spelling, lexicon or language model stands between.
Audio: how well each candidate's title fits the frames themselves (`models.sounds`), measured by a worker and brought here to rank by.

A document counts as found if its title was heard (by the audio where that was asked, otherwise by its letters) or if it has enough of the words. No
test looks at a BM25 score, whose size depends on the catalogue: a floor on it would hide every recipe of a common tag.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import tantivy

from cloud_server.search.heard import Heard
from cloud_server.search.index import OpenIndex
from cloud_server.search.sounds import sound_grams
from cloud_server.search.terms import content_words, letter_grams, stems_of
from models.sounds import CHARACTER_HEAD
from models.text import normalise_text
from protos.messages import Hypothesis, Match, SearchHit

CANDIDATES = 50
SOUND_CANDIDATES = 100
MAX_QUERY_WORDS = 40
# Weights and floors: every recipe title in "find me a recipe for ..." with random letter edits, seed 7 to choose, seed 99 to judge; of sounds and
# audio: the dev recordings among 10,000 sentences (flat around these values).
WEIGHTS = {"title": 1.0, "text": 0.25, "details": 0.4, "fuzzy": 1.0, "trigram": 32.0, "sounds": 0.5, "audio": 100.0}
POPULARITY_WEIGHT = 0.2
MIN_LETTER_SHARE = 0.32
"""Of a title's letter pairs and triples. Lower finds a few more titles at 30 % wrong letters and doubles what speech about something else finds."""
MIN_WORD_SHARE = 0.5
"""Of the content words of a hypothesis."""
MIN_FIT = -3.0
"""Nats a symbol: 97.5 % of the titles that were said fit better, and 10 % of the best fits of what is not in the catalogue."""
FIT_SCALE = 2.0
FULL_LETTER_SHARE = 0.9
"""Of a title's letter pairs and triples: one wrong letter in a long title, none in a short one."""


@dataclass(slots=True)
class Candidate:
    """A document that may be meant, before its audio is asked."""

    number: int
    ways: dict[str, float]
    """Way of matching -> weighted score, all hypotheses together."""
    worded: bool = False
    """It has enough of a hypothesis' words."""
    hypothesis_index: int = 0
    best: float = 0.0
    """Its score by that hypothesis alone."""


class SearchEngine:
    """Thread-safe: tantivy searchers are snapshots, nothing here changes after construction."""

    def __init__(self, index: OpenIndex) -> None:
        self._documents, self._sounds = index.documents, index.sounds
        # Letters of every title in one string: to fold them anew for each query would cost more than the search.
        self._letters = ["".join(content_words(document.title)) for document in index.documents]
        self._schema = index.index.schema
        self._searcher = index.index.searcher()
        self.name, self.version = index.name, index.version

    def __len__(self) -> int:
        return len(self._documents)

    def search(self, alternatives: Sequence[Hypothesis], max_hits: int) -> tuple[SearchHit, ...]:
        """By words alone: best first, at most max_hits; empty where nothing is above chance."""
        return self.rank(self.candidates(Heard(tuple(alternatives))), None, max_hits)

    def candidates(self, heard: Heard) -> list[Candidate]:
        """Confidences of hypotheses are weighed against each other: any scale will do."""
        mass = sum(max(hypothesis.confidence, 0.0) for hypothesis in heard.alternatives)
        found: dict[int, Candidate] = {}
        request = _Request(self)
        for index, hypothesis in enumerate(heard.alternatives):
            weight = max(hypothesis.confidence, 0.0) / mass if mass > 0 else 1 / len(heard.alternatives)
            for number, (ways, worded) in request.ways(hypothesis.transcript).items():
                candidate = found.setdefault(number, Candidate(number, {}))
                for way, score in ways.items():
                    candidate.ways[way] = candidate.ways.get(way, 0.0) + weight * score
                candidate.worded |= worded
                if weight * sum(ways.values()) > candidate.best:
                    candidate.best, candidate.hypothesis_index = weight * sum(ways.values()), index
        if heard.sounds is not None and heard.sounds.head != CHARACTER_HEAD:
            for number, score in self.scores(self.any_of("title_sounds", sound_grams(heard.sounds.best_path)), SOUND_CANDIDATES).items():
                found.setdefault(number, Candidate(number, {})).ways["sounds"] = WEIGHTS["sounds"] * score
        return sorted(found.values(), key=lambda candidate: (-sum(candidate.ways.values()), candidate.number))

    def phrases(self, candidate: Candidate, head: str) -> tuple[str, ...]:
        """How its title may sound, as strings of that head (`models.sounds`)."""
        if head == CHARACTER_HEAD:
            return tuple(filter(None, (normalise_text(self._documents[candidate.number].title),)))
        return self._sounds[candidate.number]

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
        titles = map(self.title_letters, self.scores(self.any_of("title_letters", sorted(heard))))
        return any(title and len(title & heard) >= FULL_LETTER_SHARE * len(title) for title in titles)

    def scores(self, query: tantivy.Query, limit: int = CANDIDATES) -> dict[int, float]:
        hits = self._searcher.search(query, limit).hits
        return {cast("int", self._searcher.doc(address).get_first("number")): score for score, address in hits}

    def any_of(self, field: str, terms: Sequence[str]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, term)) for term in terms])

    def word_queries(self, word: str) -> dict[str, tantivy.Query]:
        queries = {way: self.any_of(way, stems_of(word)) for way in ("title", "text", "details")}
        if len(word) >= 4:
            queries["fuzzy"] = tantivy.Query.fuzzy_term_query(self._schema, "title_words", word, 1 if len(word) < 8 else 2)
        return queries

    def title_letters(self, number: int) -> frozenset[str]:
        return letter_grams([self._letters[number]])

    def _hit(self, number: int, score: float, matched: Match) -> SearchHit:
        document = self._documents[number]
        return SearchHit(document.id, document.title, document.snippet, document.url, score, matched)


class _Request:
    """What is asked of the index once for all hypotheses of one request: they share most of their words."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self._words: dict[str, dict[str, dict[int, float]]] = {}
        self._letters: dict[int, frozenset[str]] = {}

    def ways(self, transcript: str) -> dict[int, tuple[dict[str, float], bool]]:
        """Document number -> way of matching -> weighted score, and whether it has enough of the words; only documents that may count as found."""
        words = content_words(transcript)[:MAX_QUERY_WORDS]
        ways: defaultdict[int, dict[str, float]] = defaultdict(dict)
        has: Counter[int] = Counter()
        for word in words:
            found = self._found(word)
            has.update(set().union(*found.values()))
            for way, scores in found.items():
                for number, score in scores.items():
                    ways[number][way] = ways[number].get(way, 0.0) + WEIGHTS[way] * score
        heard = letter_grams(words)
        for number in self._engine.scores(self._engine.any_of("title_letters", sorted(heard))).keys() | set(ways):
            share = self._letter_share(number, heard)
            if share >= MIN_LETTER_SHARE:
                ways[number]["trigram"] = WEIGHTS["trigram"] * share * share
        enough = {number: has[number] >= MIN_WORD_SHARE * len(words) for number in ways}
        return {number: (by, enough[number]) for number, by in ways.items() if "trigram" in by or enough[number]}

    def _found(self, word: str) -> dict[str, dict[int, float]]:
        if word not in self._words:
            self._words[word] = {way: self._engine.scores(query) for way, query in self._engine.word_queries(word).items()}
        return self._words[word]

    def _letter_share(self, number: int, heard: frozenset[str]) -> float:
        if number not in self._letters:
            self._letters[number] = self._engine.title_letters(number)
        title = self._letters[number]
        return len(title & heard) / len(title) if title else 0.0


def _match(candidate: Candidate, ways: dict[str, float]) -> Match:
    way = max(ways, key=lambda name: ways[name])
    hows = {"fuzzy": ("title", "fuzzy"), "trigram": ("title", "trigram"), "sounds": ("title", "phonetic"), "audio": ("title", "acoustic")}
    field, how = hows.get(way, (way, "exact"))
    return Match(candidate.hypothesis_index, field, how)
