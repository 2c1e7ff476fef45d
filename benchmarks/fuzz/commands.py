"""harken-bench fuzz: what nobody would send, to the session's state machine and to a live server."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Annotated, Any

import typer

from benchmarks.fuzz.machine import run_machine
from benchmarks.fuzz.wire import Found, fuzz_calls
from cloud_server.app import running_server
from cloud_server.config import Config
from cloud_server.worker_process import RecogniserSpec

STUB = RecogniserSpec("benchmarks.faults.stub:make_stub")
# A mutated session often says nothing first; nobody should wait long for that.
FIRST_MESSAGE_S = 1.0


def fuzz(
    examples: Annotated[int, typer.Option(min=0, help="Of the state machine; 13 ms of CPU each.")] = 2000,
    calls: Annotated[int, typer.Option(min=0, help="Mutated calls of a live server's methods; 4 ms each.")] = 2000,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that share the examples.")] = os.cpu_count() or 1,
    seed: Annotated[int, typer.Option(help="The same seed makes the same input again.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Send what nobody would; exit 1 at a crash, a hang, an UNKNOWN or INTERNAL status, or a promise of the session that was broken.

    The state machine (hypothesis) drives the pure session with any message in any order, and workers that answer, fail or answer too late: every
    segment must have exactly one outcome, in order, and the stream must end. The calls go to a server in this process, every method of every service:
    messages with any field changed, left out, doubled or out of order, and bytes that are no message at all.

    \b
    harken-bench fuzz
    harken-bench fuzz --examples 100000 --calls 100000 --json     # half an hour of two cores
    """
    with typer.progressbar(length=calls, file=sys.stderr, label="calls") as bar:
        found = asyncio.run(fuzz_server(calls, seed, bar)) if calls else Found()
    print(f"{examples} examples in {jobs} processes", file=sys.stderr)
    broken = [*found.broken, *fuzz_sessions(examples, jobs, seed)]
    facts: dict[str, Any] = {
        "examples": examples,
        "calls": found.calls,
        "crashes": found.crashes,
        "hangs": found.hangs,
        "unknown_or_internal": found.codes["UNKNOWN"] + found.codes["INTERNAL"] + found.told_internal,
        "codes": dict(found.codes.most_common()),
        "methods": dict(found.methods.most_common()),
        "seed": seed,
        "broken": broken,
    }
    print(json.dumps(facts) if as_json else "\n".join(f"{name}: {value}" for name, value in facts.items()))
    if broken:
        sys.exit(1)


async def fuzz_server(calls: int, seed: int, bar: Any = None) -> Found:
    """Calls of seeds that no other --seed under a million makes."""
    config = Config(port=0, metrics_port=0, workers=1, first_message_s=FIRST_MESSAGE_S)
    async with running_server(config, STUB) as server:
        said = bar.update if bar is not None else lambda _: None
        return await asyncio.to_thread(fuzz_calls, server.address, server.metrics_address, calls, seed * 1_000_000, said)


def fuzz_sessions(examples: int, jobs: int, seed: int) -> list[str]:
    """What broke, one text for each process whose examples found something."""
    shares = [examples // jobs + (number < examples % jobs) for number in range(jobs)]
    work = [(share, seed * 1000 + number) for number, share in enumerate(shares) if share]
    if not work:
        return []
    with ProcessPoolExecutor(len(work), mp_context=get_context("spawn")) as processes:
        return [words for words in processes.map(partial(_broken_by), *zip(*work, strict=True)) if words]


def _broken_by(examples: int, seed: int) -> str:
    try:
        run_machine(examples, seed)
    except Exception as error:  # whatever the session raises is what was looked for
        return f"{error!r}, seed {seed}: {''.join(traceback.format_exception(error)[-3:])}{chr(10).join(getattr(error, '__notes__', ()))}"
    return ""
