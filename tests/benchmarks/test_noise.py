"""Sounds that are no speech: what is made, and what is counted."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.noise import COLOURS, HUM, LEVELS_DBFS, MUSIC, PIECE_S, RECORDED, SILENCE, at_level, coloured, hum, music, pieces
from protos.messages import SAMPLE_RATE_HZ


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, 4 * SAMPLE_RATE_HZ)
    soundfile.write(tmp_path / "rain.opus", noise, SAMPLE_RATE_HZ, format="OGG", subtype="OPUS")
    return tmp_path


def test_kinds_come_in_turn_and_each_is_followed_by_a_recording(recordings: Path) -> None:
    made = list(itertools.islice(pieces([recordings / "rain.opus"], np.random.default_rng(1)), 14))
    kinds = [SILENCE, HUM, MUSIC, *COLOURS]
    assert [kind for kind, _ in made] == [kind for name in [*kinds, SILENCE] for kind in (name, RECORDED)]
    assert all(len(waveform) >= PIECE_S * SAMPLE_RATE_HZ and np.abs(waveform).max() < 1 for _, waveform in made)
    again = list(itertools.islice(pieces([recordings / "rain.opus"], np.random.default_rng(1)), 14))
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(made, again, strict=True))


def test_what_is_made_sounds_as_it_is_called() -> None:
    rng = np.random.default_rng(2)
    spectrum = np.abs(np.fft.rfft(hum(SAMPLE_RATE_HZ, rng)))
    strongest = int(spectrum.argmax())
    assert strongest % 50 == 0 or strongest % 60 == 0
    low, high = slice(20, 200), slice(2000, 8000)
    power = {name: np.abs(np.fft.rfft(coloured(SAMPLE_RATE_HZ, exponent, rng))) ** 2 for name, exponent in COLOURS.items()}
    falls = [power[name][low].mean() / power[name][high].mean() for name in ("white", "pink", "brown")]
    assert falls[0] < 2 < falls[1] < falls[2]
    assert music(3 * SAMPLE_RATE_HZ, rng).any()


def test_a_level_is_drawn_and_nothing_is_clipped() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        heard = at_level(rng.standard_normal(8000).astype(np.float32), rng)
        level = 20 * np.log10(np.sqrt(np.mean(heard**2)))
        assert LEVELS_DBFS[0] - 0.1 <= level <= LEVELS_DBFS[1] + 0.1
        assert np.abs(heard).max() < 1
    assert not at_level(np.zeros(10, np.float32), rng).any()


def test_what_would_be_searched_for_is_counted_by_kind(recordings: Path) -> None:
    done = CliRunner().invoke(app, ["noise", "--recordings", str(recordings), "--minutes", "1", "--json"])
    facts = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, facts["searches"]) == (0, 0)
    assert facts["minutes"] >= 1
    assert facts["segments"] == sum(kind["segments"] for kind in facts["kinds"].values())
    assert facts["kinds"][SILENCE] == {"seconds": 15.0, "segments": 0, "sent_seconds": 0.0, "worded": 0, "searched": 0}


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["noise", "--recordings", str(tmp_path)])
    assert done.exit_code != 0
    assert "has no .opus recordings" in str(done.exception)
