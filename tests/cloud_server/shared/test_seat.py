"""Names cannot be guessed, values cannot be read, changed, moved or forged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_server.shared.seat import PREFIX, Corrupt, Seat

NAME = Seat("token", "kitchen").session_name


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_what_was_sealed_is_opened_again_by_the_same_token_and_tenant(content: bytes, token: str, tenant: str) -> None:
    name = Seat(token, tenant).answer_name(3, 7)
    assert Seat(token, tenant).open(name, Seat(token, tenant).seal(name, content)) == content


@given(st.binary(max_size=40), st.integers(min_value=0), st.integers(1, 255))
def test_no_byte_can_be_changed(content: bytes, place: int, difference: int) -> None:
    seat = Seat("token", "kitchen")
    value = bytearray(seat.seal(NAME, content))
    value[place % len(value)] ^= difference
    with pytest.raises(Corrupt):
        seat.open(NAME, bytes(value))


@given(st.binary(max_size=60))
def test_foreign_bytes_are_refused(value: bytes) -> None:
    with pytest.raises(Corrupt):
        Seat("token", "kitchen").open(NAME, value)


def test_no_value_can_be_cut_short() -> None:
    seat = Seat("token", "kitchen")
    value = seat.seal(NAME, b"an answer")
    for length in range(len(value)):
        with pytest.raises(Corrupt):
            seat.open(NAME, value[:length])


def test_a_value_means_nothing_under_another_name_token_or_tenant() -> None:
    seat = Seat("token", "kitchen")
    value = seat.seal(NAME, b"an answer")
    with pytest.raises(Corrupt):
        seat.open(seat.answer_name(1, 1), value)
    for other in (Seat("another", "kitchen"), Seat("token", "hall")):
        with pytest.raises(Corrupt):
            other.open(NAME, value)


def test_every_session_tenant_segment_and_checksum_has_a_name_of_its_own() -> None:
    seats = [Seat(token, tenant) for token in ("a", "ab") for tenant in ("b", "")]
    names = [name for seat in seats for name in (seat.session_name, *(seat.answer_name(number, crc) for number in (1, 11) for crc in (1, 11)))]
    assert len(set(names)) == len(names)


def test_names_say_neither_token_nor_tenant_and_begin_as_the_rights_of_the_user_need() -> None:
    seat = Seat("secret-token", "kitchen")
    for name in (seat.session_name, seat.answer_name(1, 2)):
        assert name.startswith(PREFIX)
        assert "kitchen" not in name
        assert "secret" not in name
        assert name.isascii()


def test_the_same_content_is_never_sealed_the_same_way_twice() -> None:
    seat = Seat("token", "kitchen")
    assert seat.seal(NAME, b"yes") != seat.seal(NAME, b"yes")
