"""What one server writes another one reads; what none wrote is corrupt and nothing worse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_server.finals import Final
from cloud_server.shared.records import Claim, decode_claim, decode_final, encode_claim, encode_final
from cloud_server.shared.seat import Corrupt
from protos import codec
from protos import messages as m

CLAIMS = st.builds(Claim, st.text(max_size=9), st.integers(0, 2**60), st.text(max_size=3))
WORD = m.Word("soup", 16000, 24000, 0.5)
RECOGNISED = m.Result(
    7, m.FinalReason.RECOGNIZED, (m.Hypothesis("soup", 0.5, -1.5, (WORD,)),), True, 0.0, "m@1", (m.StageTiming("infer", 0.25),), 16000, 32000
)
FOUND = m.SearchResults(7, (m.SearchHit("1", "Soup", "hot", "u", 2.5, m.Match(0, "title", "sound")),), m.SearchOutcome.FOUND, "v", 0.5)


@pytest.mark.parametrize(
    "final", [Final(RECOGNISED, FOUND), Final(RECOGNISED, None), Final(m.Result(1, m.FinalReason.NO_SPEECH, is_final=True), None)]
)
def test_an_answer_comes_back_as_a_client_would_see_it(final: Final) -> None:
    back = decode_final(encode_final(final))
    assert codec.encode(back.result) == codec.encode(final.result)
    assert back.results == final.results


@given(CLAIMS)
def test_a_claim_comes_back_whole(claim: Claim) -> None:
    assert decode_claim(encode_claim(claim)) == claim


@given(CLAIMS, CLAIMS)
def test_of_two_different_claims_one_holds(one: Claim, other: Claim) -> None:
    if (one.order, one.holder) != (other.order, other.holder):
        assert one.beats(other) != other.beats(one)
    if one.order > other.order:
        assert one.beats(other)


@given(st.binary(max_size=60))
def test_bytes_that_nobody_wrote_are_corrupt(content: bytes) -> None:
    for decode in (decode_claim, decode_final):
        try:
            decode(content)
        except Corrupt:
            continue


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b'{"session_id": 1, "order": 1, "holder": "h"}', b'{"session_id": "s"}', b"\xff"])
def test_a_claim_must_be_whole_and_of_its_types(content: bytes) -> None:
    with pytest.raises(Corrupt):
        decode_claim(content)


@pytest.mark.parametrize("content", [b"", b"\xff\xff", encode_final(Final(m.Result(1), None))])
def test_an_answer_must_be_final(content: bytes) -> None:
    with pytest.raises(Corrupt):
        decode_final(content)
