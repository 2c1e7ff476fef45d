"""The judge sees what is wrong, and a short campaign with every kind of fault has nothing wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.faults.campaign import KINDS, Campaign, Repeated, verdict
from benchmarks.faults.commands import RECORDING
from benchmarks.faults.server_process import transcript_of
from edge_client.ledger import SegmentOutcome
from protos import messages as m


def outcome(source: Repeated, number: int) -> SegmentOutcome:
    start, end = number * 1000, number * 1000 + 500
    answer = m.Result(number, m.FinalReason.RECOGNIZED, (m.Hypothesis(transcript_of(source.samples(start, end))),), True)
    return SegmentOutcome(number, start, end, answer, None, 0.0)


async def test_the_source_says_what_it_says_it_said() -> None:
    source = Repeated(RECORDING, 3)
    pcm = b"".join([frame.pcm async for frame in source.frames()])
    for start, end in ((0, 10), (30_000, 120_000), (len(pcm) // 2 - 7, len(pcm) // 2)):
        assert source.samples(start, end) == pcm[2 * start : 2 * end]
    assert source.said(0) != source.said(1)


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [([1, 2, 3], {}), ([1, 3], {"lost": 1}), ([1, 2, 2, 3], {"doubled": 1}), ([1, 3, 2], {"reordered": 1})],
)
def test_each_kind_of_harm_is_counted(numbers: list[int], wrong: dict[str, int]) -> None:
    source = Repeated(RECORDING, 3)
    right = {"segments": 3, "lost": 0, "doubled": 0, "reordered": 0, "text_differs": 0}
    assert verdict([outcome(source, number) for number in numbers], 3, source) == {**right, **wrong}


def test_other_words_and_a_reject_are_harm_too() -> None:
    source = Repeated(RECORDING, 3)
    shifted = replace(outcome(source, 1), start_sample=999)
    refused = replace(outcome(source, 2), answer=m.Reject(2, m.RejectReason.OVERLOADED))
    found = verdict([shifted, refused], 2, source)
    assert (found["text_differs"], found["lost"]) == (1, 1)


@pytest.mark.timeout(120)
async def test_a_short_campaign_loses_nothing(tmp_path: Path) -> None:
    """Seed 3 has every kind among its first eight."""
    found = await Campaign(RECORDING, 40, 8, 3, tmp_path / "spool", lambda _: None).run()
    assert (found["lost"], found["doubled"], found["reordered"], found["text_differs"]) == (0, 0, 0, 0)
    assert found["segments"] >= 40
    assert set(found["kinds"]) == set(KINDS)
