"""Which slices a recording is in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.evaluate.slices import main_slice, slices_of
from models.measures import snr_db
from protos.messages import SAMPLE_RATE_HZ


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"source": "cv13"}, "cv"),
        ({"source": "speechocean762", "age_group": "child"}, "l2_child"),
        ({"source": "speechocean762", "age_group": "adult"}, "l2_adult"),
        ({"source": "speechocean762"}, "speechocean762"),
        ({"source": "kathleen", "age_group": "adult"}, "kathleen"),
        ({"source": None}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_main(row: dict[str, Any], name: str) -> None:
    assert main_slice(row) == name


@pytest.mark.parametrize(
    ("seconds", "band"), [(0.5, "under 2"), (1.99, "under 2"), (2, "2 to 4"), (3.9, "2 to 4"), (4, "4 to 8"), (8, "from 8"), (20, "from 8")]
)
def test_length(seconds: float, band: str) -> None:
    assert f"length: {band} s" in slices_of({}, np.ones(int(seconds * SAMPLE_RATE_HZ), np.float32))


def test_what_is_known_of_the_speaker_is_a_slice_each_and_what_is_not_is_none() -> None:
    found = slices_of({"source": "cv20", "accent": "Irish English", "gender": "female", "age": None}, np.ones(100, np.float32))
    assert found[:3] == ("cv", "accent: Irish English", "gender: female")
    assert [name for name in found if name.startswith("age")] == []


@pytest.mark.parametrize("wanted_db", [0, 10, 25, 40])
def test_snr_of_speech_with_pauses_in_a_room(wanted_db: float) -> None:
    random = np.random.default_rng(1)
    noise = random.standard_normal(3 * SAMPLE_RATE_HZ) * 0.001
    speech = random.standard_normal(3 * SAMPLE_RATE_HZ) * 0.001 * 10 ** (wanted_db / 20)
    speech[SAMPLE_RATE_HZ : 2 * SAMPLE_RATE_HZ] = 0
    heard = (noise + speech).astype(np.float32)
    assert snr_db(heard) == pytest.approx(10 * np.log10(1 + 10 ** (wanted_db / 10)), abs=1.5)
    padded = np.concatenate([np.zeros(SAMPLE_RATE_HZ, np.float32), heard])
    assert snr_db(padded) == pytest.approx(snr_db(heard), abs=0.5)


def test_nothing_has_no_snr() -> None:
    assert snr_db(np.zeros(SAMPLE_RATE_HZ, np.float32)) == 0
    assert snr_db(np.ones(10, np.float32)) == 0
