"""Cut the file anywhere, flip any bit: what is whole comes back, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_client.spool_records import MAX_BODY_BYTES, pack, unpack
from protos.errors import InvalidRequest

bodies = st.lists(st.binary(min_size=1, max_size=60), max_size=6)


@given(bodies, st.data())
def test_cut_at_any_byte_gives_back_every_whole_record(written: list[bytes], data: st.DataObject) -> None:
    records = [pack(body) for body in written]
    whole_file = b"".join(records)
    cut = data.draw(st.integers(0, len(whole_file)))
    ends = [sum(map(len, records[: count + 1])) for count in range(len(records))]
    assert list(unpack(whole_file[:cut])) == written[: sum(end <= cut for end in ends)]


@given(bodies.filter(bool), st.data())
def test_a_flipped_bit_ends_the_file_at_its_record(written: list[bytes], data: st.DataObject) -> None:
    spoiled = data.draw(st.integers(0, len(written) - 1))
    record = bytearray(pack(written[spoiled]))
    record[data.draw(st.integers(0, len(record) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    file = b"".join(map(pack, written[:spoiled])) + bytes(record) + b"".join(map(pack, written[spoiled + 1 :]))
    assert list(unpack(file)) == written[:spoiled]


def test_zeros_after_a_power_cut_are_no_records() -> None:
    assert list(unpack(pack(b"speech") + bytes(4096))) == [b"speech"]


@pytest.mark.parametrize("size", [0, MAX_BODY_BYTES + 1])
def test_a_body_of_no_length_or_too_long_is_refused(size: int) -> None:
    with pytest.raises(InvalidRequest, match=f"{size} bytes"):
        pack(bytes(size))
