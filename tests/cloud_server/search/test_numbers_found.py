"""Numbers through the real engine: said or written, in a title or a text, one finds the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.search.catalogue import Document
from cloud_server.search.engine import SearchEngine
from cloud_server.search.index import build_index, open_index
from protos.messages import Hypothesis

RECIPES = [
    Document("small", "Muffins", "A recipe for 100 g of flour and 2 eggs. Bake at 160°C for 45 min."),
    Document("right", "Victoria sponge", "A recipe for 200 g of flour. Bake at 180 °C for 1½ hours."),
    Document("large", "Wedding cake", "A recipe for 2 kg of flour, a hundred grams of yeast. Bake at 200C until it is done."),
    Document("soup", "Leek soup", "On the table at quarter to nine."),
]
FILMS = [
    Document("steps", "The 39 Steps", "A thriller of 1935."),
    Document("orwell", "Nineteen Eighty-Four", "The novel of 1949."),
    Document("bond", "Casino Royale", "The first film with Daniel Craig as 007."),
]


def open_engine(documents: list[Document], directory: Path) -> SearchEngine:
    build_index(documents, directory / "index", "numbers")
    return SearchEngine(open_index(directory / "index"))


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    return open_engine(RECIPES, tmp_path_factory.mktemp("recipes"))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    return open_engine(FILMS, tmp_path_factory.mktemp("films"))


@pytest.mark.parametrize("heard", ["two hundred grams of flour", "200 grams of flour", "200g of flour", "200 g of flour"])
def test_every_form_finds_the_same_with_the_same_score(recipes: SearchEngine, heard: str) -> None:
    hits = recipes.search([Hypothesis(heard, 1.0)], 3)
    assert hits[0].id == "right"
    said = recipes.search([Hypothesis("two hundred grams of flour", 1.0)], 3)
    assert [(hit.id, hit.score) for hit in hits] == [(hit.id, hit.score) for hit in said]


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("one hundred grams of flour", "small"),
        ("two kilos of flour", "large"),
        ("at one hundred and eighty degrees celsius", "right"),
        ("one and a half hours", "right"),
        ("forty five minutes", "small"),
        ("at eight forty five", "soup"),
        ("8:45", "soup"),
    ],
)
def test_amounts_and_times_find_the_text_they_are_in(recipes: SearchEngine, heard: str, wanted: str) -> None:
    assert recipes.search([Hypothesis(heard, 1.0)], 1)[0].id == wanted


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("the thirty nine steps", "steps"),
        ("the thirty nein step", "steps"),
        ("1984", "orwell"),
        ("nineteen eighty four", "orwell"),
        ("nineteen eight four", "orwell"),
        ("nineteen thirty five", "steps"),
        ("double o seven", "bond"),
    ],
)
def test_titles_and_years_are_found_also_when_misheard(films: SearchEngine, heard: str, wanted: str) -> None:
    assert films.search([Hypothesis(heard, 1.0)], 1)[0].id == wanted
