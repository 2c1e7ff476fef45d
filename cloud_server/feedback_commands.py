"""harken-server feedback: learn search's weights from what people clicked. Reads arguments, says what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from cloud_server.search.learn import Click, Fit, click_of, learn
from cloud_server.search.learnt import read_weights, write_weights
from cloud_server.search.weights import SHIPPED, as_mapping
from models.evaluate.bootstrap import interval, resampled_rates
from protos.errors import ConfigurationError

feedback_app = typer.Typer(help="What people did with their answers.", no_args_is_help=True)


@feedback_app.callback()
def root() -> None:
    """Without a callback typer would make the only command the program itself."""


@feedback_app.command("fit")
def fit(
    kept: Annotated[list[Path], typer.Argument(help="Folders of `run --feedback`, or files like theirs (`harken-bench search --judged`).")],
    out: Annotated[Path, typer.Option(help="File of weights, for `run --search-weights`; written only if people it never saw find things sooner.")],
    before: Annotated[Path | None, typer.Option(help="Weights in use now, which it must beat; default: those that are shipped.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Learn how much letters, sounds and audio should count beside words, from clicks; exit 1 and nothing written if that is no better.

    Two thirds of the people teach, the others judge. Needs 60 clicks of 6 people.

    \b
    harken-server feedback fit kept-feedback --out weights.json
    harken-server run --feedback kept-feedback --search-weights weights.json
    """
    clicks, unusable = read_clicks(kept)
    done = learn(clicks, SHIPPED if before is None else read_weights(before))
    facts = {**figures(done), "not_learnt_from": unusable, "written": done.is_better}
    if done.is_better:
        write_weights(out, done.weights, {"learnt": facts})
    print(json.dumps({**facts, "weights": as_mapping(done.weights)}) if as_json else as_sentence(facts, out))
    raise typer.Exit(0 if done.is_better else 1)


def read_clicks(kept: Sequence[Path]) -> tuple[list[Click], int]:
    """And how many lines teach nothing: other kinds, clicks of things nobody showed, sessions that kept nothing. Raises: ConfigurationError."""
    clicks = [_click(place, line) for path in kept for place, line in _lines(path)]
    found = [click for click in clicks if click is not None]
    return found, len(clicks) - len(found)


def figures(done: Fit) -> dict[str, Any]:
    before, after = done.ranks
    ones = np.ones(len(done.held_out))
    drawn = resampled_rates(done.ranks, ones, [click.person for click in done.held_out])
    low, high = interval(drawn[1] - drawn[0])
    return {
        "clicks": done.clicks,
        "people": done.people,
        "held_out": len(done.held_out),
        "mean_reciprocal_rank": {"before": round(float(before.mean()), 4), "after": round(float(after.mean()), 4)},
        "first": {"before": round(float((before == 1).mean()), 4), "after": round(float((after == 1).mean()), 4)},
        "gain": {"value": round(float((after - before).mean()), 4), "low": round(low, 4), "high": round(high, 4)},
    }


def as_sentence(facts: dict[str, Any], out: Path) -> str:
    ranks, gain = facts["mean_reciprocal_rank"], facts["gain"]
    spread = f"{ranks['before']} before, {ranks['after']} after ({gain['low']:+.4f} to {gain['high']:+.4f}, 95 % over people)"
    verdict = f"written to {out}" if facts["written"] else "no better, so nothing is written and the weights stay"
    return f"{facts['clicks']} clicks of {facts['people']} people; mean reciprocal rank of {facts['held_out']} held out: {spread}: {verdict}"


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    try:
        for file in files:
            for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
                if line.strip():
                    yield f"{file}: line {number}", line
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _click(place: str, line: str) -> Click | None:
    try:
        return click_of(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{place}: is no feedback ({type(error).__name__}: {error})") from error
