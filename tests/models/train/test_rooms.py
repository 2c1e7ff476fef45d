from __future__ import annotations

import numpy as np
import pytest

from models.train.rooms import SPEED_OF_SOUND_M_S, image_response, random_room


def test_the_direct_sound_comes_first_at_full_strength() -> None:
    for seed in range(20):
        room = random_room(np.random.default_rng(seed))
        assert room.dtype == np.float32
        assert room[0] == 1
        assert np.isfinite(room).all()


def test_a_dead_room_is_no_room() -> None:
    response = image_response((4, 5, 3), (1, 1, 1), (3, 2, 1.5), 0.0)
    assert np.flatnonzero(response).tolist() == [0]


def test_the_first_echo_is_the_mirror_image_in_the_nearest_wall() -> None:
    source, microphone = np.array([2.0, 3.0, 1.0]), np.array([3.0, 3.0, 1.0])
    response = image_response((40, 60, 30), source, microphone, 0.5, order=1)
    distance = np.hypot(1.0, 2.0)  # in the floor, one metre below
    delay = round((distance - 1.0) / SPEED_OF_SOUND_M_S * 16_000)
    assert np.flatnonzero(response)[1] == delay
    assert response[delay] == pytest.approx(0.5 / distance, rel=1e-5)


def test_a_shoebox_has_six_walls() -> None:
    response = image_response((3.1, 4.3, 2.7), (1.03, 1.19, 1.37), (2.01, 2.9, 0.83), 1.0, order=1)
    assert np.count_nonzero(response) == 7


def test_hard_walls_sound_longer_than_soft_ones() -> None:
    hard, soft = (image_response((4, 5, 3), (1, 1, 1), (3, 2, 1.5), reflection) for reflection in (0.9, 0.3))
    assert np.square(hard[1:]).sum() > 3 * np.square(soft[1:]).sum()
