"""What is written for other servers, as bytes and back: an answer, and which connection has a session. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from google.protobuf.message import DecodeError

from cloud_server.finals import Final
from cloud_server.shared.seat import Corrupt
from protos import codec
from protos import speech_search_pb2 as pb
from protos.messages import Result, SearchResults


@dataclass(frozen=True, slots=True)
class Claim:
    """One connection's word that a session is its own."""

    session_id: str
    order: int
    """Of two claims the higher one holds."""
    holder: str
    """The connection, by a name of its own."""

    def beats(self, other: Claim) -> bool:
        return (self.order, self.holder) > (other.order, other.holder)


def encode_claim(claim: Claim) -> bytes:
    return json.dumps(asdict(claim)).encode()


def decode_claim(content: bytes) -> Claim:
    """Raises: Corrupt."""
    try:
        claim = Claim(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise Corrupt("not a claim") from error
    if not (isinstance(claim.session_id, str) and isinstance(claim.order, int) and isinstance(claim.holder, str)):
        raise Corrupt("a claim's fields have other types")
    return claim


def encode_final(final: Final) -> bytes:
    """As a unary call would be answered, so that the contract's rules for new fields hold here too."""
    response = pb.RecognizeResponse(result=codec.encode(final.result))
    if final.results is not None:
        response.search_results.CopyFrom(codec.encode(final.results))
    content: bytes = response.SerializeToString()
    return content


def decode_final(content: bytes) -> Final:
    """Raises: Corrupt."""
    try:
        response = pb.RecognizeResponse.FromString(content)
    except DecodeError as error:
        raise Corrupt("not an answer") from error
    if not response.result.is_final:
        raise Corrupt("an answer without a final result")
    results = codec.decode(SearchResults, response.search_results) if response.HasField("search_results") else None
    return Final(codec.decode(Result, response.result), results)
