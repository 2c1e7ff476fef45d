from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from models.train.recipe import Group, Recipe, read_recipe
from protos.errors import ConfigurationError

RECIPES = Path(__file__).resolve().parents[3] / "models" / "train" / "recipes"
SMALLEST = """
name = "small"
start.checkpoint = "seed"
judge.manifest = "dev.jsonl"
budget.steps = 10
groups = [{ name = "a", manifest = "a.jsonl", share = 1.0 }]
"""


def recipe_of(tmp_path: Path, text: str, overrides: dict[str, str] | None = None) -> Recipe:
    path = tmp_path / "r.toml"
    path.write_text(text)
    return read_recipe(path, overrides)


def test_a_small_recipe_has_defaults_for_the_rest(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, SMALLEST)
    assert recipe.groups == (Group("a", "a.jsonl", 1.0),)
    assert recipe.budget.steps == 10
    assert recipe.losses.characters == 0.4


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.name)
def test_the_recipes_that_are_shipped_are_valid_and_hold_out_what_judges(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.judge.manifest in recipe.held_out
    assert "speech/test.jsonl" in recipe.held_out
    start = recipe.start.checkpoint
    assert not start.startswith(".") or (path.parent / start / "config.json").is_file()


@pytest.mark.parametrize("path", sorted(RECIPES.glob("adult-*.toml")), ids=lambda path: path.name)
def test_no_model_of_adults_heard_a_child(path: Path) -> None:
    groups = read_recipe(path).groups
    assert all(group.age_groups == ("adult",) for group in groups if "speechocean762" in group.sources)
    # Where no source is named there are no children: Common Voice's unlabelled clips and synthetic voices.
    assert all("*" not in group.sources or group.manifest.split("/")[-1] in ("unlabelled.jsonl", "manifest.jsonl") for group in groups)


FRONT_END_ALONE = {"teacher": "whisper-base", "losses.phones": "0", "losses.characters": "0", "losses.states": "[1.0]", "losses.fade_from": "1"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimiser.rat": "1"}, "optimiser has the unknown key 'rat'|r.toml.optimiser has the unknown key 'rat'"),
        ({"budget.minutes": "5.0"}, "exactly one of minutes and steps"),
        ({"budget.steps": "0"}, "exactly one of minutes and steps"),
        ({"batches.max_seconds": "60.0"}, "max_seconds at most seconds"),
        ({"batches.min_seconds": "13.0"}, "min_seconds must be below"),
        ({"augmentation.snr_db": "[30.0, 5.0]"}, "snr_db must be two numbers"),
        ({"augmentation.speeds": "[]"}, "speeds must not be empty"),
        ({"optimiser.betas": "[0.9]"}, "betas must be two"),
        ({"optimiser.betas": "[0.9, 1.0]"}, "betas must be two"),
        ({"losses.phones": "0", "losses.characters": "0"}, "phones and characters must be above 0, but for a front end alone: a teacher"),
        (FRONT_END_ALONE | {"losses.states": "[1.0, 1.0]"}, "one weight in states"),
        (FRONT_END_ALONE | {"losses.fade_from": "0.6"}, "fade_from = 1"),
        ({"losses.states": "[]", "teacher": "moonshine-tiny-en"}, "states must not be empty"),
        ({"groups": "[]"}, "at least one must have a share"),
        ({"groups": "[{ name = 'a', manifest = 'a', share = 1.0 }, { name = 'a', manifest = 'b', share = 1.0 }]"}, "two have one name"),
        ({"name.x": "1"}, "name is not a table"),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(tmp_path: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        recipe_of(tmp_path, SMALLEST, change)


def test_a_front_end_can_be_trained_alone(tmp_path: Path) -> None:
    assert recipe_of(tmp_path, SMALLEST, FRONT_END_ALONE).front_end_alone
    assert not recipe_of(tmp_path, SMALLEST).front_end_alone


@pytest.mark.parametrize("text", ["name = ", "\x00", "[a]\n[a]"])
def test_what_is_no_toml_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"r\.toml: "):
        recipe_of(tmp_path, text)


def test_a_missing_recipe_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml"):
        read_recipe(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("value", "read"), [("3e-4", 3e-4), ("[1.0, 2]", "refused"), ("none at all", "refused")], ids=["a number", "a list", "a text that is no TOML"]
)
def test_a_value_is_overridden_as_toml_writes_it(tmp_path: Path, value: str, read: object) -> None:
    if read == "refused":
        with pytest.raises(ConfigurationError, match=r"optimiser\.rate is "):
            recipe_of(tmp_path, SMALLEST, {"optimiser.rate": value})
    else:
        assert recipe_of(tmp_path, SMALLEST, {"optimiser.rate": value}).optimiser.rate == read


def test_a_recipe_is_frozen(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, SMALLEST)
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.seed = 2  # type: ignore[misc]


def test_every_field_is_explained_in_the_docs() -> None:
    text = (RECIPES.parents[2] / "docs" / "training.md").read_text()
    kinds = [Recipe, *(kind for hint in get_type_hints(Recipe).values() if dataclasses.is_dataclass(kind := (get_args(hint) or (hint,))[0]))]
    for name in {field.name for kind in kinds for field in dataclasses.fields(kind)}:
        assert f"`{name}`" in text, f"docs/training.md does not explain {name}"
