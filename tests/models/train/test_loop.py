"""Real steps on a tiny random model and made-up speech: it learns, stops, goes on after an interruption, and a bundle of it recognises."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from rich.progress import Progress
from safetensors.torch import load_file

from models.data.teachers import MOONSHINE_TINY
from models.export.to_bundle import Identity, export_bundle
from models.recognizer import Recognizer
from models.train import run as running
from models.train.checkpoints import Standing
from models.train.lesson import Fitted, Lesson
from models.train.loss import Scale
from models.train.recipe import Losses, Recipe
from models.train.run import run_recipe
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.messages import FinalReason
from tests.models.train.speech import recipe

pytestmark = pytest.mark.train


def run(chosen: Recipe, data_dir: Path, out: Path, state: Path | None = None) -> Standing:
    torch.set_num_threads(1)
    with Progress(console=Console(stderr=True, quiet=True)) as progress:
        return run_recipe(chosen, data_dir / "seed", data_dir, out, state, None, progress)


def rows(out: Path, kind: str) -> list[dict[str, Any]]:
    return [row[kind] for line in (out / "log.jsonl").read_text().splitlines() if kind in (row := json.loads(line))]


def weights(out: Path) -> dict[str, torch.Tensor]:
    return dict(torch.load(out / "state.pt", weights_only=True)["model"])


@pytest.fixture(scope="module")
def thirty_steps(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("thirty")
    assert run(recipe(steps=30), data_dir, out).step == 30
    return out


def test_the_loss_falls(data_dir: Path, thirty_steps: Path, tmp_path: Path) -> None:
    run(recipe(steps=4), data_dir, tmp_path)
    first, whole = (rows(out, "losses")[-1] for out in (tmp_path, thirty_steps))
    assert whole["characters"] < 0.6 * first["characters"]


def test_the_error_rates_are_judged_before_and_after(thirty_steps: Path) -> None:
    before, after = rows(thirty_steps, "error_rates")
    assert before["characters"].keys() == after["characters"].keys() == {"cv"}


def test_a_run_that_is_gone_on_with_comes_to_the_same_numbers(data_dir: Path, tmp_path: Path) -> None:
    # Warm-up starts anew wherever a run goes on, so this one has none.
    steady = replace(recipe(steps=10), optimiser=replace(recipe().optimiser, warmup_steps=0))
    run(steady, data_dir, tmp_path / "steady")
    run(replace(steady, budget=replace(steady.budget, steps=6)), data_dir, tmp_path / "first")
    run(steady, data_dir, tmp_path / "second", tmp_path / "first" / "state.pt")
    whole, parts = weights(tmp_path / "steady"), weights(tmp_path / "second")
    assert all(torch.equal(tensor, parts[name]) for name, tensor in whole.items())
    assert not all(torch.equal(tensor, weights(tmp_path / "first")[name]) for name, tensor in whole.items())


def test_what_is_kept_of_a_run_with_an_average_lies_behind_its_weights(data_dir: Path, thirty_steps: Path, tmp_path: Path) -> None:
    plain = recipe(steps=30)
    run(replace(plain, optimiser=replace(plain.optimiser, average=0.9)), data_dir, tmp_path)
    start, end = (load_file(folder / "model.safetensors") for folder in (data_dir / "seed", thirty_steps / "checkpoint"))
    kept, last = load_file(tmp_path / "checkpoint" / "model.safetensors"), weights(tmp_path)
    assert torch.equal(last["lm_head.weight"], end["lm_head.weight"]), "averaging changes nothing of the training"
    way = [float((one["lm_head.weight"] - start["lm_head.weight"]).norm()) for one in (kept, end)]
    assert 0.1 * way[1] < way[0] < 0.95 * way[1]


def test_what_comes_out_becomes_a_bundle_that_recognises(thirty_steps: Path, tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("# tiny\n")
    (tmp_path / "MIT.txt").write_text("Do as you like.\n")
    for name in ("checkpoint", "best-checkpoint"):
        bundle = export_bundle(thirty_steps / name, tmp_path / name, Identity("tiny-1"), tmp_path / "card.md", [tmp_path / "MIT.txt"])
        heard = Recognizer(bundle).recognize(b"\x10\x00\xf0\xff" * 4000, 0)
        assert heard.final_reason in (FinalReason.RECOGNIZED, FinalReason.NO_SPEECH)


def test_a_run_stops_early_when_it_does_not_get_better(data_dir: Path, tmp_path: Path) -> None:
    chosen = replace(
        recipe(steps=50),
        judge=replace(recipe().judge, every_minutes=1e-9, patience=2),
        optimiser=replace(recipe().optimiser, rate=0.0, rate_blocks=0.0),
    )
    standing = run(chosen, data_dir, tmp_path)
    assert standing.step < 10
    assert standing.judgements_since_best >= 2


class Still:
    """A teacher whose states are all zeros, of the student's own frames and size."""

    def aligned(self, waveforms: torch.Tensor, samples: torch.Tensor, length: int) -> tuple[list[torch.Tensor], torch.Tensor]:
        return [torch.zeros(len(waveforms), length, 72)] * 2, samples // 20


def test_a_teacher_pulls_the_states_to_its_own(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scale = Scale(torch.zeros(72), torch.ones(72))
    monkeypatch.setattr(running, "lesson_of", lambda *_: Lesson(Still(), Fitted([scale, scale])))
    taught = replace(
        recipe(steps=18), teacher=MOONSHINE_TINY, losses=Losses(phones=0.01, characters=0.0, regression=1.0, states=(1.0, 1.0), fade_from=1.0)
    )
    run(taught, data_dir, tmp_path / "long")
    run(replace(taught, budget=replace(taught.budget, steps=3)), data_dir, tmp_path / "short")
    long, short = (rows(tmp_path / name, "losses")[-1] for name in ("long", "short"))
    assert long["state 1"] < 0.8 * short["state 1"]


@pytest.mark.parametrize("on_device", [False, True])
def test_a_front_end_is_trained_alone_and_nothing_behind_it_moves(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_device: bool
) -> None:
    monkeypatch.setattr(running, "lesson_of", lambda *_: Lesson(Still(), Fitted([Scale(torch.zeros(72), torch.ones(72))])))
    losses = Losses(phones=0.0, characters=0.0, states=(1.0,), fade_from=1.0)
    alone = replace(recipe(steps=40), teacher=MOONSHINE_TINY, losses=losses, batches=replace(recipe().batches, on_device=on_device))
    run(alone, data_dir, tmp_path / "long")
    run(replace(alone, budget=replace(alone.budget, steps=3)), data_dir, tmp_path / "short")
    long, short = (rows(tmp_path / name, "losses")[-1] for name in ("long", "short"))
    assert long["state 0"] < 0.8 * short["state 0"]
    before, after = HarkenWav2Vec2ForCTC.from_pretrained(data_dir / "seed").state_dict(), weights(tmp_path / "long")
    moved = {name.split(".")[1] for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    # The seed has no embedding of masked frames: each reader makes up its own.
    assert moved - {"masked_spec_embed"} == {"feature_extractor", "feature_projection"}


@pytest.mark.parametrize("on_device", [False, True])
def test_clips_heard_twice_come_to_be_heard_alike(data_dir: Path, tmp_path: Path, on_device: bool) -> None:
    batches = replace(recipe().batches, on_device=on_device)
    twice = replace(recipe(steps=12), losses=Losses(consistency=1.0), batches=batches, augmentation=replace(recipe().augmentation, strength=1.0))
    standing = run(twice, data_dir, tmp_path / "twice")
    losses = rows(tmp_path / "twice", "losses")[-1]
    assert losses["consistency"] > 0
    assert standing.audio_seconds == pytest.approx(run(replace(twice, losses=Losses()), data_dir, tmp_path / "once").audio_seconds)
