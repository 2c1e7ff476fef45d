"""Mutated calls of every method against a live server: who crashes, hangs, or is told UNKNOWN or INTERNAL."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2

from benchmarks.fuzz.mutate import bytes_changed, filled, with_one_field_changed
from benchmarks.fuzz.watcher import Broken, watch_stream
from benchmarks.latency import requests_of
from benchmarks.scrape import scrape, total
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb

AT_ONCE = 16
HANG_S = 30.0
"""Longer than any deadline the server has of its own."""
HANG = "no answer"
NEVER = ("UNKNOWN", "INTERNAL", HANG)
WEIGHTS = {"/harken.v1.SpeechSearch/StreamingRecognize": 8, "/harken.v1.SpeechSearch/Recognize": 3, "/harken.v1.SpeechSearch/Search": 3}
"""Of methods with more to get wrong; the others count once."""


@dataclass(frozen=True, slots=True)
class Method:
    path: str
    request: type[Message]
    takes_many: bool
    gives_many: bool


METHODS = tuple(
    Method(f"/{service.full_name}/{method.name}", GetMessageClass(method.input_type), method.client_streaming, method.server_streaming)
    for file in (pb.DESCRIPTOR, health_pb2.DESCRIPTOR)
    for service in file.services_by_name.values()
    for method in service.methods
)


@dataclass(frozen=True, slots=True)
class Call:
    method: Method
    messages: tuple[bytes, ...]


@dataclass(slots=True)
class Found:
    calls: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)
    hangs: int = 0
    crashes: int = 0
    """Workers that died."""
    told_internal: int = 0
    """By the server's own count: in band and by status."""
    broken: list[str] = field(default_factory=list)
    """One sentence for each call that should not have ended so, with the seed that makes it again."""


def make_call(seed: int) -> Call:
    """The same for the same seed."""
    chance = random.Random(seed)
    (method,) = chance.choices(METHODS, [WEIGHTS.get(method.path, 1) for method in METHODS])
    if method.takes_many:
        return Call(method, tuple(_conversation(chance)))
    wire = filled(method.request(), chance).SerializeToString()
    return Call(method, (wire if chance.random() < 0.6 else bytes_changed(wire, chance),))


def fuzz_calls(address: str, metrics_address: str, calls: int, first_seed: int, on_call: Callable[[int], None] = lambda _: None) -> Found:
    """So many calls, made of the seeds from `first_seed` on. Blocks: gRPC's asyncio client tells INTERNAL, of its own making, to whoever still writes
    when a stream is ended (measured); its threaded one tells what the server said.
    """
    found = Found()
    with grpc.insecure_channel(address) as channel, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fuzz") as threads:
        seeds = range(first_seed, first_seed + calls)
        for seed, (path, code, words) in zip(seeds, threads.map(partial(_outcome, channel), map(make_call, seeds)), strict=True):
            found.calls += 1
            if words:
                found.broken.append(f"{path} of seed {seed}: {words}")
            found.codes[code] += 1
            found.methods[path] += 1
            if code in NEVER:
                found.broken.append(f"{path} of seed {seed} ended with {code}")
            on_call(1)
        if (code := _outcome(channel, SOUND)[1]) != "OK":
            found.broken.append(f"a sound session after them all ended with {code}")
    samples = scrape(metrics_address)
    found.hangs, found.crashes = found.codes[HANG], round(total(samples, "asr_model_restarts_total"))
    found.told_internal = round(sum(total(samples, "asr_server_stream_ends_total", code=code) for code in ("INTERNAL", "UNKNOWN")))
    found.told_internal += round(total(samples, "asr_server_rejects_total", reason="internal"))
    for count, words in ((found.crashes, "workers died"), (found.told_internal, "times the server counted an internal error")):
        if count:
            found.broken.append(f"{count} {words}")
    return found


def _outcome(channel: Any, call: Call) -> tuple[str, str, str]:
    """The method, its status, and which promise its answers break. channel: gRPC's, whose stubs want a serialiser for what is bytes already."""
    path, responses = call.method.path, list[bytes]()
    try:
        if call.method.takes_many:
            for response in channel.stream_stream(path)(iter(call.messages), timeout=HANG_S):
                responses.append(response)
        elif call.method.gives_many:
            watching = channel.unary_stream(path)(call.messages[0], timeout=HANG_S)
            next(watching)  # health's Watch has no end of its own
            watching.cancel()
        else:
            channel.unary_unary(path)(call.messages[0], timeout=HANG_S)
    except grpc.RpcError as error:
        # The server words its own deadlines otherwise.
        is_ours = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and error.details() == "Deadline Exceeded"
        return path, HANG if is_ours else str(error.code().name), _broken(call, responses, is_whole=False)
    return path, "OK", _broken(call, responses, is_whole=True)


def _broken(call: Call, responses: list[bytes], *, is_whole: bool) -> str:
    if not call.method.takes_many:
        return ""
    try:
        watch_stream(_started(call.messages), [codec.decode_response(pb.StreamingRecognizeResponse.FromString(wire)) for wire in responses], is_whole)
    except Broken as broken:
        return str(broken)
    return ""


def _started(wires: Sequence[bytes]) -> list[int]:
    """Ids of the segments that a server may take to have begun."""
    started = []
    for wire in wires:
        with suppress(DecodeError):
            message = pb.StreamingRecognizeRequest.FromString(wire)
            if message.HasField("segment_start"):
                started.append(message.segment_start.segment_id)
    return started


def _conversation(chance: random.Random) -> list[bytes]:
    """A sound session of up to three segments, and then somebody was at it."""
    messages = [codec.encode_request(request) for request in _sound(chance.randrange(1, 4), chance.choice((0, 2, 800, 4000)))]
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        at = chance.randrange(len(messages))
        match chance.randrange(5):
            case 0:
                del messages[at : at + chance.randrange(1, 3)]
            case 1:
                messages.insert(chance.randrange(len(messages) + 1), messages[at])
            case 2:
                other = chance.randrange(len(messages))
                messages[at], messages[other] = messages[other], messages[at]
            case 3:
                with_one_field_changed(messages[at], chance)
            case _:
                filled(messages[at], chance)
        messages = messages or [pb.StreamingRecognizeRequest()]
    wires = [message.SerializeToString() for message in messages]
    if chance.random() < 0.3:
        at = chance.randrange(len(wires))
        wires[at] = bytes_changed(wires[at], chance)
    return wires


def _sound(segments: int = 1, samples: int = 800) -> list[m.Request]:
    talk: list[m.Request] = [m.StreamingConfig(max_alternatives=1)]
    for number in range(1, segments + 1):
        talk += requests_of(number, bytes([number, 1]) * samples)
    return talk


def _wire(request: m.Request) -> bytes:
    return codec.encode_request(request).SerializeToString()


SOUND = Call(next(method for method in METHODS if method.takes_many), tuple(map(_wire, _sound())))
