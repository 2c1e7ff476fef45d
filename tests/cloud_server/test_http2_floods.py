"""Row X5 of the fault matrix below gRPC: frames no gRPC client sends. Whoever floods is cut off or ignored, and others are answered as before."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress

import grpc

from cloud_server.app import RunningServer
from protos import messages as m
from tests import fakes
from tests.cloud_server.test_app import scrape
from tests.cloud_server.test_service import converse

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CANCEL = struct.pack(">I", 8)
MAX_PAYLOAD_BYTES = 16_384


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def header(name: bytes, value: bytes) -> bytes:
    """HPACK: a literal that is not indexed, without Huffman."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


CALL = b"".join(
    header(name, value)
    for name, value in (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", b"/harken.v1.SpeechSearch/StreamingRecognize"),
        (b":authority", b"localhost"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
    )
)
OPENING = PREFACE + frame(SETTINGS, 0, 0)
BEGUN = OPENING + frame(HEADERS, END_HEADERS, 1, CALL)
FLOODS = {
    "rapid reset": OPENING + b"".join(frame(HEADERS, END_HEADERS, n, CALL) + frame(RST_STREAM, 0, n, CANCEL) for n in range(1, 4001, 2)),
    "continuation": OPENING + frame(HEADERS, 0, 1, CALL) + b"".join(frame(CONTINUATION, 0, 1, header(b"x", b"a" * 120) * 128) for _ in range(1000)),
    "pings": OPENING + frame(PING, 0, 0, bytes(8)) * 20_000,
    "settings": OPENING + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65_535)) * 20_000,
    "empty data": BEGUN + frame(DATA, 0, 1) * 20_000,
    "a length that lies": BEGUN + frame(DATA, 0, 1, b"\0" + struct.pack(">I", 2**31) + b"abc"),
    "a frame over the limit": OPENING + frame(HEADERS, END_HEADERS, 1, CALL + bytes(MAX_PAYLOAD_BYTES)),
    "half a preface": PREFACE[:10],
    "another protocol": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "data of no stream": OPENING + frame(DATA, END_STREAM, 99, b"abc"),
}


async def test_floods_of_frames_end_where_they_came_from(server: RunningServer, channel: grpc.aio.Channel) -> None:
    for name, flood in FLOODS.items():
        await pour(server.address, flood)
        answers = await converse(channel, m.StreamingConfig(), *fakes.requests_of(fakes.speech(4000)))
        assert [type(answer).__name__ for answer in answers] == ["Session", "SegmentAccepted", "Result", "SearchResults"], name
        while (samples := await scrape(server))["asr_server_streams", ("grpc",)]:  # noqa: ASYNC110 - seen from outside, a scrape is all there is
            await asyncio.sleep(0.01)
        assert samples["asr_server_segments_total", ("server_error", "live")] == 0, name
    assert samples["asr_model_restarts_total", ()] == 0


async def pour(address: str, flood: bytes) -> None:
    """Send it all, and read until the server has closed the connection or ours is over."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with suppress(OSError):  # how the server hangs up is its own business
        writer.write(flood)
        await writer.drain()
        writer.write_eof()
        while await reader.read(65_536):
            pass
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
