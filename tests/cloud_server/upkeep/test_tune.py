"""The fewest workers that are as good as the best; measured through a real pool."""

from __future__ import annotations

import pytest

from cloud_server.upkeep.commands import parsed
from cloud_server.upkeep.tune import CLIPS, Tried, best, candidates, try_workers, warnings
from cloud_server.worker_process import RecogniserSpec
from protos.errors import ConfigurationError


@pytest.mark.parametrize(("cores", "numbers"), [(0.5, [1, 2]), (1.0, [1, 2]), (2.0, [1, 2, 3]), (8.0, [1, 4, 7, 8, 9])])
def test_numbers_around_the_cores_are_tried(cores: float, numbers: list[int]) -> None:
    assert candidates(cores) == numbers


def test_the_fewest_that_are_as_good_as_the_best_are_chosen() -> None:
    assert best([Tried(1, 50.0, 0.03), Tried(2, 98.0, 0.03), Tried(3, 100.0, 0.03)]).workers == 2
    assert best([Tried(2, 90.0, 0.03), Tried(1, 50.0, 0.03)]).workers == 2
    with pytest.raises(ConfigurationError, match="tried"):
        best([])


@pytest.mark.parametrize("text", ["two", "1,,2", "0", "1,-2", "999"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"within 1..256"):
        parsed(text)
    assert parsed("1, 4") == [1, 4]


def test_what_will_hurt_is_said() -> None:
    assert warnings([Tried(1, 50.0, 0.03), Tried(2, 99.0, 0.03)], 2.0) == []
    assert "hold them back" in warnings([Tried(1, 50.0, 0.03), Tried(2, 60.0, 0.03)], 2.0)[0]
    assert "disturbed" in warnings([Tried(2, 50.0, 0.03), Tried(3, 99.0, 0.03)], 2.0)[0]


async def test_a_real_pool_is_kept_busy() -> None:
    reads = 0

    def clock() -> float:
        nonlocal reads
        reads += 1
        return 0.01 * reads

    tried = await try_workers(RecogniserSpec("tests.fakes:make_stub"), 1, 0.5, clock)
    assert tried.workers == 1
    assert tried.audio_per_s > 0
    assert tried.alone_s == pytest.approx(0.01)
    assert reads > 2 * CLIPS
