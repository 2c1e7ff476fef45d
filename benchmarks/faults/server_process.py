"""A server to be harmed: `python -m benchmarks.faults.server_process`. Writes down what it recognised and answered; SIGTERM drains it."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import google_crc32c
import grpc

import cloud_server.service
from benchmarks.faults.events import Answered, Ready, Recognised
from benchmarks.faults.flood import LIMIT_S
from benchmarks.faults.inside import Diary, WallClock, apply_hooks, obey, setting
from cloud_server.app import recogniser_spec, running_server
from cloud_server.config import Config
from cloud_server.core import Core
from cloud_server.stream import Stream
from cloud_server.worker_process import RecogniserSpec
from protos import messages as m

DRAIN_S = 10.0
# A worker that starts anew on a busy machine may take longer than a segment may wait; what is tried here is loss, not speed.
DEADLINE_S = 60.0
# Threads of pools as old as the server: a pool makes each when it is first needed, and never more than its bound.
POOLED = ("search", "look", "sample", "asyncio")


class RecordedCore:
    """A core that writes down what it is asked to recognise for this stream."""

    def __init__(self, core: Core, diary: Diary, stream: RecordedStream) -> None:
        self._core, self._diary, self._stream = core, diary, stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    async def recognize(self, stream_id: str, segment: m.Segment, *details: Any) -> Any:
        crc = google_crc32c.value(segment.pcm)
        self._diary.write(Recognised(self._stream._session.identity.session_id, segment.segment_id, crc))
        return await self._core.recognize(stream_id, segment, *details)


class RecordedStream(Stream):
    """Writes down every answer before it leaves."""

    diary: Diary

    def __init__(self, core: Core, *settings: Any, **more: Any) -> None:
        super().__init__(core, *settings, **more)
        self._core = RecordedCore(core, self.diary, self)  # type: ignore[assignment] # it is one to all who ask

    def _send(self, response: m.Response, priority: m.Priority) -> None:
        session_id = self._session.identity.session_id
        match response:
            case m.Result(is_final=True):
                self.diary.write(Answered(session_id, response.segment_id, words_of(response)))
            case m.Reject():
                self.diary.write(Answered(session_id, response.segment_id, None))
            case _:
                pass
        super()._send(response, priority)


def words_of(result: m.Result) -> str:
    return result.alternatives[0].transcript if result.alternatives else ""


def scale_pings(factor: float) -> None:
    """Keep-alive so much quicker, with whatever the server allows its clients of it: a campaign must not wait fifteen seconds for each dead link."""
    make = grpc.aio.server

    def make_scaled(*, options: Sequence[tuple[str, Any]], **more: Any) -> grpc.aio.Server:
        return make(options=[(name, round(value * factor) if name.endswith("_ms") else value) for name, value in options], **more)

    vars(grpc.aio)["server"] = make_scaled


async def vitals(_: str) -> dict[str, Any]:
    """What this process holds; what its metrics know, its scraper adds."""
    return {
        "descriptors": len(os.listdir("/proc/self/fd")) - 1,  # noqa: PTH208 - without the one that reads it; names only
        "threads": sum(not thread.name.startswith(POOLED) for thread in threading.enumerate()),
        "tasks": len(asyncio.all_tasks()),
        "children": len(multiprocessing.active_children()),
    }


async def workers(_: str) -> dict[str, Any]:
    return {"pids": [child.pid for child in multiprocessing.active_children()]}


async def serve(who: str, catalogue: Path, model: str, busy_s: float, *, has_diary: bool) -> None:
    diary, clock, stopped = Diary(who), WallClock().install(), asyncio.Event()
    if has_diary:
        RecordedStream.diary = diary
        vars(cloud_server.service)["Stream"] = RecordedStream  # of every session from here on
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    obeying = asyncio.create_task(obey({"vitals": vitals, "workers": workers, "clock": setting(clock)}))
    config = Config(
        port=0,
        metrics_port=0,
        workers=1,
        catalogues=(catalogue,),
        drain_s=DRAIN_S,
        segment_deadline_s=DEADLINE_S,
        max_queued_audio_s=LIMIT_S,
    )
    spec = recogniser_spec(config) if model == "real" else RecogniserSpec("benchmarks.faults.stub:make_stub", (str(busy_s),))
    async with running_server(config, spec) as server:
        diary.write(Ready(server.address, server.metrics_address))
        await stopped.wait()
    obeying.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--who", required=True)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--model", choices=("stub", "real"), default="stub")
    parser.add_argument("--busy-s", type=float, default=0.0)
    parser.add_argument("--no-diary", action="store_true", help="say only when it is ready: thousands of answers a second need no witness")
    parser.add_argument("--ping-scale", type=float, default=0.1)
    parser.add_argument("--hook", action="append", default=[])
    given = parser.parse_args()
    apply_hooks(given.hook)
    scale_pings(given.ping_scale)
    asyncio.run(serve(given.who, given.catalogue, given.model, given.busy_s, has_diary=not given.no_diary))


if __name__ == "__main__":
    main()
