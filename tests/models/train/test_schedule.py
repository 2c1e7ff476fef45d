from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.train.recipe import Augmentation, Budget, Group, Judge, Losses, Optimiser, Recipe, Start
from models.train.schedule import moment

RECIPE = Recipe(
    "r",
    Start("seed"),
    (Group("a", "a", 1.0),),
    Judge("dev"),
    Budget(steps=1),
    teacher="moonshine-tiny-en",
    optimiser=Optimiser(warmup_steps=100, constant_until=0.5, floor=0.02),
    losses=Losses(regression=1.0, fade_from=0.6, fade_to=0.2),
    augmentation=Augmentation(strength=0.7, ramp=0.4),
)


@pytest.mark.parametrize(
    ("spent", "factor"), [(0.0, 1.0), (0.5, 1.0), (0.625, 0.5), (0.82, 0.2), (1.0, 0.02)], ids=["start", "half", "5/8", "late", "the floor"]
)
def test_the_rate_is_constant_then_falls_by_one_minus_the_root(spent: float, factor: float) -> None:
    assert moment(RECIPE, spent, 1000, 1000).rate_factor == pytest.approx(factor)


def test_the_rate_warms_up_after_every_start_wherever_the_run_stands() -> None:
    assert [moment(RECIPE, 0.2, 5000 + step, step).rate_factor for step in (0, 49, 99, 100)] == pytest.approx([0.01, 0.5, 1.0, 1.0])


@pytest.mark.parametrize(("spent", "strength"), [(0.0, 0.14), (0.2, 0.42), (0.4, 0.7), (1.0, 0.7)])
def test_augmentation_rises_from_a_fifth(spent: float, strength: float) -> None:
    assert moment(RECIPE, spent, 0, 0).augmentation == pytest.approx(strength)


def test_late_the_regression_fades_and_the_teacher_listens_in_every_second_step() -> None:
    assert [moment(RECIPE, 0.6, step, 0).regression for step in (0, 1)] == [1.0, 1.0]
    assert [moment(RECIPE, 0.8, step, 0).regression for step in (0, 1, 2)] == pytest.approx([0.6, 0.0, 0.6])
    assert moment(RECIPE, 1.0, 0, 0).regression == pytest.approx(0.2)


def test_without_a_teacher_there_is_no_regression() -> None:
    assert moment(replace(RECIPE, teacher=""), 0.0, 0, 0).regression == 0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 9), st.integers(0, 300))
def test_whatever_the_recipe_every_weight_stays_in_its_bounds(spent: float, start: float, ramp: float, step: int, here: int) -> None:
    recipe = replace(
        RECIPE,
        optimiser=replace(RECIPE.optimiser, constant_until=start),
        losses=replace(RECIPE.losses, fade_from=start),
        augmentation=replace(RECIPE.augmentation, ramp=ramp),
    )
    now = moment(recipe, spent, step, here)
    assert 0 < now.rate_factor <= 1
    assert 0 <= now.augmentation <= 0.7
    assert 0 <= now.regression <= 1
