"""A history is read back as it was written, and what is none is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.faults import events as e
from protos.errors import ConfigurationError

# NaN is not even equal to itself.
EVENTS = st.one_of(*(st.builds(kind) for kind in e.KINDS.values())).filter(lambda event: "nan" not in repr(event))
RECORDS = st.builds(e.Record, who=st.sampled_from(["edge-a-1", "server-2", "harness"]), at_s=st.integers(0, 10**6).map(float), event=EVENTS)


@given(records=st.lists(RECORDS, max_size=5))
def test_every_event_comes_back_from_its_line(records: list[e.Record]) -> None:
    assert e.read_history([e.to_line(record) + "\n" for record in records]) == records


@pytest.mark.parametrize("line", ["{", "[]", '{"who": "edge-a-1", "at_s": 1, "event": "slept"}', '{"who": "edge-a-1", "at_s": 1, "event": "opened"}'])
def test_what_is_no_event_is_shown(line: str) -> None:
    with pytest.raises(ConfigurationError, match="not a line of a history"):
        e.from_line(line)


@pytest.mark.parametrize(("who", "speaker"), [("edge-a-1", "a"), ("edge-b-12", "b"), ("server-2", ""), ("harness", "")])
def test_an_edges_records_are_its_speakers(who: str, speaker: str) -> None:
    assert e.Record(who, 0.0, e.Opened(1)).speaker == speaker
