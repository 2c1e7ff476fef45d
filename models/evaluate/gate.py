"""May a new bundle take the old one's place? Measurements in, a verdict with reasons out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluate.bootstrap import Rates, interval, resampled_rates
from models.evaluate.calibration import calibration_error, of_readings, of_words
from models.evaluate.report import headline, judged_slices, pooled, words
from models.evaluate.scoring import Utterance
from models.records import Gate, GateCheck


@dataclass(frozen=True, slots=True)
class Limits:
    """What a new bundle may cost at most. Rates are fractions."""

    wer_increase: float = 0.005
    """Of the headline: the upper end of the difference's interval."""
    slice_wer_increase: float = 0.015
    """The same for any judged slice, whose intervals are wider."""
    int8_loss: float = 0.003
    speed_ratio: float = 0.9
    """Audio seconds a second, new over old."""
    calibration_error: float = 0.05
    """Of best readings, and of their words."""
    parameters: int = 16_000_000
    package_bytes: int = 40_000_000
    """Of what an installation carries."""
    bundle_bytes: int = 60_000_000
    """With the float weights."""


SHIPPED = Limits()
"""What holds unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything the decision looks at. The three lists are of the same recordings in the same order."""

    new: Sequence[Utterance]
    old: Sequence[Utterance]
    floating: Sequence[Utterance]
    """The new bundle's own weights in float32."""
    speed_ratio: float
    invariant: bool
    """A clip's logits were the same bits alone and in batches."""
    parameters: int
    package_bytes: int
    bundle_bytes: int


def judge(measured: Measured, against: str, limits: Limits = SHIPPED) -> Gate:
    """against: sha256 of the old bundle."""
    checks = (
        *_accuracy(measured, limits),
        _int8(measured, limits),
        _at_least("speed", measured.speed_ratio, limits.speed_ratio, "times the old bundle's audio seconds a second"),
        GateCheck(
            "invariance", measured.invariant, "the same bits alone and in batches" if measured.invariant else "a clip's logits depend on its batch"
        ),
        _at_most("calibration", calibration_error(of_readings(measured.new)), limits.calibration_error, "expected calibration error"),
        _at_most("word calibration", calibration_error(of_words(measured.new)), limits.calibration_error, "expected calibration error"),
        _at_most("parameters", measured.parameters / 1e6, limits.parameters / 1e6, "million"),
        _at_most("package size", measured.package_bytes / 1e6, limits.package_bytes / 1e6, "MB"),
        _at_most("bundle size", measured.bundle_bytes / 1e6, limits.bundle_bytes / 1e6, "MB with the float weights"),
    )
    return Gate(all(check.passed for check in checks), against, checks)


def _accuracy(measured: Measured, limits: Limits) -> list[GateCheck]:
    """Paired: both bundles are judged on the same draws of speakers, so what is hard for both cancels."""
    new, old = judged_slices(measured.new), judged_slices(measured.old)
    draws = {name: _differences(new[name], old[name]) for name in new}
    values = {name: pooled(new[name], words) - pooled(old[name], words) for name in new}
    headline_check = _difference_check("WER", float(np.mean(list(values.values()))), np.mean(list(draws.values()), axis=0), limits.wer_increase)
    return [headline_check, *(_difference_check(f"WER {name}", values[name], draws[name], limits.slice_wer_increase) for name in new)]


def _difference_check(name: str, value: float, draws: Rates, limit: float) -> GateCheck:
    low, high = interval(draws)
    return GateCheck(name, high <= limit, f"{value:+.2%} ({low:+.2%} to {high:+.2%}), at most {limit:+.2%}")


def _differences(new: Sequence[Utterance], old: Sequence[Utterance]) -> Rates:
    errors = [[utterance.words.errors for utterance in side] for side in (new, old)]
    mine, theirs = resampled_rates(errors, [u.words.length for u in new], [u.speaker for u in new])
    differences: Rates = mine - theirs
    return differences


def _int8(measured: Measured, limits: Limits) -> GateCheck:
    loss = headline(measured.new, words)["value"] - headline(measured.floating, words)["value"]
    return GateCheck("INT8 loss", loss <= limits.int8_loss, f"{loss:+.2%} WER against its own float32, at most {limits.int8_loss:+.2%}")


def _at_most(name: str, value: float, limit: float, unit: str) -> GateCheck:
    return GateCheck(name, value <= limit, f"{value:.3g} {unit}, at most {limit:g}")


def _at_least(name: str, value: float, limit: float, unit: str) -> GateCheck:
    return GateCheck(name, value >= limit, f"{value:.3g} {unit}, at least {limit:g}")
