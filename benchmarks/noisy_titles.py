"""How well search stands mishearing: every title of the catalogue in a carrier phrase, with a share of its letters changed. No audio, no server."""

from __future__ import annotations

import random
import string
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloud_server.search.catalogue import default_catalogue, read_catalogue
from cloud_server.search.engine import SearchEngine
from cloud_server.search.index import build_index, open_index
from models.text import fold
from protos.messages import Hypothesis

CARRIERS = ("find me a recipe for {}", "how do i make {}", "show me {}", "{}", "i want to cook {} tonight", "what goes in {}")
SEED = 7


@dataclass(frozen=True, slots=True)
class SearchScore:
    error_rate: float
    """Share of letters changed."""
    queries: int
    first: float
    """Share of queries whose document came first."""
    top3: float
    nothing: float
    """Share for which nothing was found."""


@dataclass(frozen=True, slots=True)
class RefusalScore:
    queries: int
    refused: float
    """Share of sentences that name no document and found none."""


def mishear(text: str, error_rate: float, rng: random.Random) -> str:
    """Substitutions, deletions, insertions (also of spaces) in the proportions of a CTC recogniser: half, a third, the rest."""
    heard: list[str] = []
    for letter in text:
        if rng.random() >= error_rate:
            heard.append(letter)
            continue
        kind = rng.random()
        if kind < 0.5:
            heard.append(rng.choice(string.ascii_lowercase))
        elif kind > 0.83:
            heard += [letter, rng.choice(string.ascii_lowercase + "   ")]
    return "".join(heard)


def default_engine(directory: Path) -> SearchEngine:
    build_index(read_catalogue(default_catalogue()), directory / "index", "recipes")
    return SearchEngine(open_index(directory / "index"))


def score_titles(error_rates: tuple[float, ...], passes: int = 2) -> Iterator[SearchScore]:
    documents = read_catalogue(default_catalogue())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        engine = default_engine(Path(temporary))
        for error_rate in error_rates:
            rng, ranks = random.Random(SEED), list[int | None]()
            for _ in range(passes):
                for document in documents:
                    query = mishear(rng.choice(CARRIERS).format(fold(document.title)), error_rate, rng)
                    ids = [hit.id for hit in engine.search([Hypothesis(query, 1.0)], 50)]
                    ranks.append(ids.index(document.id) if document.id in ids else (-1 if ids else None))
            total = len(ranks)
            yield SearchScore(
                error_rate,
                total,
                sum(rank == 0 for rank in ranks) / total,
                sum(rank is not None and 0 <= rank < 3 for rank in ranks) / total,
                sum(rank is None for rank in ranks) / total,
            )


def score_refusals(sentences: list[str]) -> RefusalScore:
    """sentences: of things that are not in the catalogue."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        engine = default_engine(Path(temporary))
        refused = sum(not engine.search([Hypothesis(sentence, 1.0)], 1) for sentence in sentences)
    return RefusalScore(len(sentences), refused / len(sentences))
