"""A small real training set, made up: tones for letters, so that a model of a few thousand weights has something to learn in ten steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from models.records import CtcHead
from models.train.recipe import Augmentation, Batches, Budget, Group, Judge, Losses, Optimiser, Recipe, Start
from tests.models.tiny import SHAPE, write_source

PHONES = CtcHead("phones", 0, 2, 0, ("<blank>", "AH"))
WORDS = ("a", "ab", "abba", "cab")


def write_speech(folder: Path, clips: int = 24) -> Path:
    """A data directory: seed/ (a tiny random checkpoint), train.jsonl, dev.jsonl, audio/."""
    write_source(folder / "seed", SHAPE)
    (folder / "audio").mkdir()
    for split, count in (("train", clips), ("dev", 6)):
        rows = []
        for number in range(count):
            random = np.random.default_rng([number, len(split)])
            text = WORDS[number % len(WORDS)] if split == "train" else "bab"
            tones = [np.sin(np.arange(640) * 2 * np.pi * 300 * (ord(letter) - 96) / 16_000) for letter in text * 3]
            waveform = np.concatenate(tones) * 0.3 + random.standard_normal(640 * len(tones)) * 0.01
            name = f"{split}-{number}"
            soundfile.write(folder / "audio" / f"{name}.flac", waveform, 16_000)
            speaker = "loud" if number % 3 else f"s{number}"
            row = {
                "id": name,
                "audio": f"audio/{name}.flac",
                "duration": len(waveform) / 16_000,
                "text": text,
                "speaker": speaker,
                "source": f"cv{number % 2}",
            }
            rows.append(json.dumps({**row, "split": split}))
        (folder / f"{split}.jsonl").write_text("\n".join(rows) + "\n")
    return folder


def recipe(steps: int = 10, workers: int = 0) -> Recipe:
    return Recipe(
        "tiny",
        Start("seed"),
        (Group("all", "train.jsonl", 1.0, clips_per_speaker=4),),
        Judge("dev.jsonl", clips=6, every_minutes=1e6),
        Budget(steps=steps, save_minutes=1e6),
        held_out=("dev.jsonl",),
        batches=Batches(seconds=1.5, epoch_clips=18, buckets=2, min_seconds=0.1, max_seconds=1.5, workers=workers),
        augmentation=Augmentation(strength=0.3, masks=1, mask_frames=4),
        losses=Losses(),
        optimiser=Optimiser(rate=2e-3, rate_blocks=2e-3, warmup_steps=2, constant_until=1.0),
    )
