"""How long a person waits: from the end of the last audio to the final result and to its hits, one stream against a real server on this machine."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import grpc
import numpy as np

from benchmarks.contest import clip
from edge_client.channel import open_channel
from edge_client.config import TransportConfig
from models.features import waveform_to_pcm
from models.transcribe import read_pcm
from protos import codec
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ConfigurationError
from protos.messages import (
    BYTES_PER_SAMPLE,
    SAMPLE_RATE_HZ,
    AudioChunk,
    EndReason,
    Priority,
    Reject,
    Request,
    Response,
    Result,
    SearchResults,
    SegmentEnd,
    SegmentStart,
    StreamingConfig,
)

CHUNK_SAMPLES = SAMPLE_RATE_HZ // 5
SECONDS = (1.0, 2.0, 3.0, 5.0, 8.0)
PERCENTILES = (50, 95, 99)
WAITS = ("final", "hits", "decode")
# Peaks of a recording that was normalised to variance 1, brought back into 16 bits.
PEAK = 0.9
Call = Any
"""grpc.aio's stream-stream call."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One segment."""

    seconds: float
    """Of audio."""
    final_s: float
    """From handing over its last chunk to its final result."""
    hits_s: float
    """The same to its hits."""
    stages_s: dict[str, float]
    """What the server says it did: queue, features, infer, decode, search."""


def segments(root: Path, seconds: float) -> list[bytes]:
    """The recordings this repository ships, each cut or repeated to one length: PCM."""
    recordings = sorted((root / "tests" / "recordings").glob("*.flac"))
    if not recordings:
        raise ConfigurationError(f"{root / 'tests' / 'recordings'} has no recordings; latency is measured in a checkout of the repository")
    waveforms = [clip(read_pcm(recording), seconds) for recording in recordings]
    return [waveform_to_pcm(waveform * (PEAK / np.abs(waveform).max())) for waveform in waveforms]


async def ask_all(server: str, audio: Sequence[tuple[float, bytes]], resume_token: str = "", first: int = 1) -> AsyncGenerator[Answered, None]:
    """audio: (seconds, PCM) of each segment, asked one after the other. first: their lowest number.

    Raises: ConfigurationError: the server is not there, or refuses one.
    """
    async with open_channel(TransportConfig(server)) as channel:
        call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
        try:
            await call.write(codec.encode_request(StreamingConfig(resume_token, max_alternatives=1)))
            for number, (seconds, pcm) in enumerate(audio, first):
                *early, last, end = requests_of(number, pcm)
                for request in early:
                    await call.write(codec.encode_request(request))
                await _until_accepted(call, number)
                begin_s = time.perf_counter()
                for request in (last, end):
                    await call.write(codec.encode_request(request))
                yield await _answer(call, seconds, begin_s)
            await call.done_writing()
            await call.read()
        except grpc.aio.AioRpcError as error:
            raise ConfigurationError(f"the server at {server} ended the stream ({error.code().name}: {error.details()})") from error


def requests_of(number: int, pcm: bytes) -> list[Request]:
    """A segment as the edge sends it: the end behind its last chunk."""
    step = CHUNK_SAMPLES * BYTES_PER_SAMPLE
    chunks = [AudioChunk(number, seq, first // BYTES_PER_SAMPLE, pcm[first : first + step]) for seq, first in enumerate(range(0, len(pcm), step))]
    end = SegmentEnd(number, EndReason.SILENCE, len(pcm) // BYTES_PER_SAMPLE, google_crc32c.value(pcm))
    return [SegmentStart(number, 0, priority=Priority.LIVE), *chunks, end]


def figures(answers: Sequence[Answered]) -> dict[str, Any]:
    """By length of segment, milliseconds: percentiles of both waits and of decoding, and the median of each stage; rest: what no stage claims."""
    lengths = sorted({answer.seconds for answer in answers})
    return {f"{length:g} s": _of_length([answer for answer in answers if answer.seconds == length]) for length in lengths}


def as_rows(facts: dict[str, Any]) -> Iterator[str]:
    waits = "".join(f"{f'{wait} ms p50':>14s}{'p95':>8s}{'p99':>8s}" for wait in WAITS)
    yield f"{'segment':10s}{waits}   stages ms, medians"
    for length, of in facts.items():
        stages = ", ".join(f"{stage} {value:g}" for stage, value in of["stages_ms"].items())
        waits = "".join(
            f"{of[f'{wait}_ms'][f'p{percent}']:{width}.1f}" for wait in WAITS for percent, width in zip(PERCENTILES, (14, 8, 8), strict=True)
        )
        yield f"{length:10s}{waits}   {stages}"


def _of_length(answers: Sequence[Answered]) -> dict[str, Any]:
    stages = sorted({stage for answer in answers for stage in answer.stages_s if stage != "total"})
    rest = [answer.hits_s - sum(seconds for stage, seconds in answer.stages_s.items() if stage != "total") for answer in answers]
    medians = {stage: float(np.median([answer.stages_s.get(stage, 0.0) for answer in answers])) for stage in stages}
    return {
        "segments": len(answers),
        "final_ms": _percentiles([answer.final_s for answer in answers]),
        "hits_ms": _percentiles([answer.hits_s for answer in answers]),
        "decode_ms": _percentiles([answer.stages_s.get("decode", 0.0) for answer in answers]),
        "stages_ms": {stage: round(1000 * seconds, 2) for stage, seconds in {**medians, "rest": float(np.median(rest))}.items()},
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}": round(1000 * float(value), 2) for percent, value in zip(PERCENTILES, np.percentile(seconds, PERCENTILES), strict=True)}


async def _next(call: Call) -> Response:
    message = await call.read()
    if message is grpc.aio.EOF:  # type: ignore[attr-defined]
        raise ConfigurationError("the stream ended before its last segment was answered")
    return codec.decode_response(message)


async def _until_accepted(call: Call, number: int) -> None:
    while getattr(await _next(call), "segment_id", None) != number:
        pass


async def _answer(call: Call, seconds: float, begin_s: float) -> Answered:
    final_s, stages = 0.0, dict[str, float]()
    while True:
        response = await _next(call)
        now_s = time.perf_counter() - begin_s
        match response:
            case Reject(reason=reason, message=message):
                raise ConfigurationError(f"a segment of {seconds:g} s was refused: {reason.name} ({message})")
            case Result(is_final=True):
                final_s, stages = now_s, {timing.stage: timing.duration for timing in response.stage_timings}
                if not response.alternatives:
                    return Answered(seconds, now_s, now_s, stages)
            case SearchResults():
                return Answered(seconds, final_s, now_s, stages)
