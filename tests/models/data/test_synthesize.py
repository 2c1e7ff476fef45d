from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data.synthesize import MANIFEST, MAX_EDGE_S, PEAK, Order, next_number, read_texts, spoken_seconds, synthesize, trimmed, voices_in
from models.data.voices import SYNTHESISERS
from protos.errors import ConfigurationError
from tests.models.data.fakes import install

TEXTS = ["hello there", "garlic shrimp", "what is this", "play it again"]
ORDER = Order(TEXTS, 1, "flac")


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(install(tmp_path / "bin", *SYNTHESISERS)))


def rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / MANIFEST).read_text().splitlines()]


@pytest.mark.parametrize("audio_format", ["flac", "opus"])
def test_every_line_is_a_file_and_a_row_that_training_reads(tmp_path: Path, audio_format: str) -> None:
    list(islice(synthesize(Order(TEXTS, 1, audio_format), tmp_path, SYNTHESISERS), 6))
    assert [row["text"] for row in rows(tmp_path)] == [*TEXTS, *TEXTS[:2]]
    for row in rows(tmp_path):
        waveform, rate_hz = soundfile.read(tmp_path / str(row["audio"]))
        assert rate_hz == 16_000
        assert len(waveform) / rate_hz == row["duration"]
        assert row["source"] == "synthetic"
    assert len({str(row["speaker"]) for row in rows(tmp_path)}) > 3
    assert spoken_seconds(tmp_path / MANIFEST) == sum(float(str(row["duration"])) for row in rows(tmp_path))
    assert sum(voices_in(tmp_path / MANIFEST).values()) == 6


def test_what_was_interrupted_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    list(islice(synthesize(ORDER, whole, SYNTHESISERS), 7))
    list(islice(synthesize(ORDER, parts, SYNTHESISERS), 3))
    with (parts / MANIFEST).open("a") as file:
        file.write('{"id": "syn1-00000')
    list(islice(synthesize(ORDER, parts, SYNTHESISERS), 4))
    assert rows(parts) == rows(whole)
    assert all((whole / str(row["audio"])).read_bytes() == (parts / str(row["audio"])).read_bytes() for row in rows(whole))


def test_what_fails_is_silent_short_or_too_fast_is_told_and_not_kept(tmp_path: Path) -> None:
    texts = ["this fails", "silent night", "short", "short " * 8, "good morning"]
    spoken = list(islice(synthesize(Order(texts, 1, "flac"), tmp_path, SYNTHESISERS), 5))
    assert [line.seconds > 0 for line in spoken] == [False, False, False, False, True]
    assert [row["id"] for row in rows(tmp_path)] == ["syn1-0000004"]


def test_an_order_for_other_texts_or_with_another_seed_needs_another_directory(tmp_path: Path) -> None:
    list(islice(synthesize(ORDER, tmp_path, SYNTHESISERS), 2))
    for other in (Order(TEXTS, 2, "flac"), Order(TEXTS[::-1], 1, "flac")):
        with pytest.raises(ConfigurationError, match="syn1-0000000 was spoken with another seed or from other texts"):
            next_number(tmp_path / MANIFEST, other)


def test_texts_are_normalised_and_a_file_without_any_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text('Play "it", (voice_x)!\n\n...\n')
    assert read_texts(path) == ["play it voice x"]
    path.write_text("...\n")
    with pytest.raises(ConfigurationError, match="has no line with a letter"):
        read_texts(path)
    with pytest.raises(ConfigurationError, match=r"none\.txt"):
        read_texts(tmp_path / "none.txt")


def test_long_silences_are_cut_and_the_peak_is_where_it_belongs() -> None:
    waveform = np.concatenate([np.zeros(20_000), np.ones(8000) * 0.2, np.zeros(30_000)]).astype(np.float32)
    for seed in range(10):
        cut = trimmed(waveform, np.random.default_rng(seed))
        assert 8000 <= len(cut) <= 8000 + 2 * MAX_EDGE_S * 16_000
        assert np.abs(cut).max() == pytest.approx(PEAK)
        assert (np.abs(cut) > 0.1).sum() == 8000
    assert len(trimmed(np.zeros(100, np.float32), np.random.default_rng(1))) == 0
