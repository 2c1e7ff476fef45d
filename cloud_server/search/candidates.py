"""What was heard -> what to ask an index, and what it answered -> the likeliest documents, before the audio is asked. Pure.

Whatever holds the index answers the same questions with scores of the same kind, and everything else is here: so a catalogue on a cluster
(`search.cluster`) is searched as one on disk is (`search.engine`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from cloud_server.search.catalogue import Document
from cloud_server.search.heard import Heard
from cloud_server.search.query import MAX_QUERY_WORDS, Query, query_of
from cloud_server.search.sounds import sound_grams
from cloud_server.search.terms import content_words, letter_grams, stems_of
from cloud_server.search.weights import Weights
from models.sounds import CHARACTER_HEAD
from models.text import normalise_text

CANDIDATES = 50
"""Of each way of asking but by sounds."""
SOUND_CANDIDATES = 100
MAX_CANDIDATES = 100
"""That the audio is asked about: of the wanted documents in 10,000 sentences 98 % are among as many."""
STEMMED = ("title", "text", "details")
MIN_FUZZY_LETTERS, TWO_EDITS_LETTERS = 4, 8
"""Words from so many letters on may have one letter wrong, and two."""
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


@dataclass(frozen=True, slots=True)
class Question:
    """What an index is asked: terms of a field with their weights, all hypotheses together."""

    query: Query
    stems: Mapping[str, frozenset[str]]
    """Of each word."""
    masses: Mapping[str, float]
    """Stem -> weight, for each of STEMMED."""
    fuzzy: Mapping[str, int]
    """Word -> how many letters may be wrong, if no title has it as it is; the others were heard right, or sound right."""
    sounds: Mapping[str, float]
    """Pairs and triples of phones -> weight; empty where there are no phones."""


def question_of(heard: Heard) -> Question:
    query = query_of(heard.alternatives)
    stems = {word: frozenset(stems_of(word)) for word in query.words}
    masses: dict[str, float] = {}
    for word, mass in query.words.items():
        for stem in stems[word]:
            masses[stem] = masses.get(stem, 0.0) + mass
    fuzzy = {word: 1 if len(word) < TWO_EDITS_LETTERS else 2 for word in query.words if len(word) >= MIN_FUZZY_LETTERS}
    has_phones = heard.sounds is not None and heard.sounds.head != CHARACTER_HEAD
    return Question(query, stems, masses, fuzzy, dict.fromkeys(sound_grams(heard.sounds.best_path), 1.0) if heard.sounds and has_phones else {})


@dataclass(frozen=True, slots=True)
class Answers:
    """Document number -> score, for each way of asking."""

    fields: Mapping[str, Mapping[int, float]]
    """Of each of STEMMED."""
    fuzzy: Mapping[str, Mapping[int, float]]
    """Of each word that no title has."""
    lettered: Iterable[int]
    """Those whose titles share most letter pairs and triples."""
    sounds: Mapping[int, float]


class Entries(Protocol):
    """What is known of a document that was found, by its number."""

    def document(self, number: int) -> Document: ...

    def sounds(self, number: int) -> tuple[str, ...]:
        """Ways to say its title (`search.sounds`)."""
        ...

    def title_letters(self, number: int) -> frozenset[str]:
        """Pairs and triples of the title's content words."""
        ...

    def stems(self, number: int) -> frozenset[str]:
        """Of everything that is searched of it."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that may be meant, before its audio is asked."""

    number: int
    """Settles ties: the lower one first."""
    document: Document
    sounds: tuple[str, ...]
    ways: dict[str, float]
    """Way of matching -> weighted score, all hypotheses together."""
    worded: bool
    """It has enough of a hypothesis' words."""
    hypothesis_index: int
    """Of the likeliest hypothesis that shares most words with it."""

    def phrases(self, head: str) -> tuple[str, ...]:
        """How its title may sound, as strings of that head (`models.sounds`)."""
        return tuple(filter(None, (normalise_text(self.document.title),))) if head == CHARACTER_HEAD else self.sounds


def candidates_of(question: Question, answers: Answers, entries: Entries, weights: Weights) -> list[Candidate]:
    """The likeliest MAX_CANDIDATES first, by all but the audio."""
    query, ways = question.query, dict[int, dict[str, float]]()
    for way, scores in {**answers.fields, "fuzzy": _summed(query, answers.fuzzy)}.items():
        for number, score in scores.items():
            ways.setdefault(number, {})[way] = weights.of(way) * score
    for number in {*answers.lettered, *ways}:
        share, explained = query.letters(entries.title_letters(number))
        if share >= MIN_LETTER_SHARE and explained >= MIN_EXPLAINED:
            weight = weights.trigram * (1 - EXPLAINED_SHARE + EXPLAINED_SHARE * explained)
            ways.setdefault(number, {})["trigram"] = weight * share * share
    for number, score in answers.sounds.items():
        ways.setdefault(number, {})["sounds"] = weights.sounds * score
    order = sorted(ways, key=lambda number: (-sum(ways[number].values()), number))[:MAX_CANDIDATES]
    return [_candidate(number, ways[number], question, answers, entries) for number in order]


def letters_to_complete(transcript: str) -> frozenset[str]:
    """Letter pairs and triples that a title is to have nearly all of its own among."""
    return letter_grams(content_words(transcript)[:MAX_QUERY_WORDS])


def is_complete(heard: frozenset[str], titles: Iterator[frozenset[str]]) -> bool:
    """Whether nearly all letters of some title were heard: who pauses then has probably said what they want."""
    return any(title and len(title & heard) >= FULL_LETTER_SHARE * len(title) for title in titles)


def _candidate(number: int, ways: dict[str, float], question: Question, answers: Answers, entries: Entries) -> Candidate:
    own, guesses = entries.stems(number), question.query.guesses
    has = {word for word, of_word in question.stems.items() if not own.isdisjoint(of_word) or number in answers.fuzzy.get(word, ())}
    counts = [sum(word in has for word in guess.words) for guess in guesses]
    shares = [count / len(guess.words) if guess.words else 0.0 for count, guess in zip(counts, guesses, strict=True)]
    best = max(range(len(shares)), key=lambda at: (round(shares[at], 6), guesses[at].weight), default=None)
    worded, index = False, 0
    if best is not None:
        worded = shares[best] >= MIN_WORD_SHARE and counts[best] > 0 and guesses[best].names_something
        index = guesses[best].index
    return Candidate(number, entries.document(number), entries.sounds(number), ways, worded, index)


def _summed(query: Query, fuzzy: Mapping[str, Mapping[int, float]]) -> dict[int, float]:
    scores: dict[int, float] = {}
    for word, found in fuzzy.items():
        for number, score in found.items():
            scores[number] = scores.get(number, 0.0) + query.words[word] * score
    return scores
