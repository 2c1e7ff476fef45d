"""harken-bench idle: nobody speaks, and what is the bill?"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.contest import circumstances
from benchmarks.idle.connections import cost_of
from benchmarks.idle.edge import listening_cores, room, talk
from benchmarks.load.plan import WayIn
from benchmarks.load.run import Load, Target, run_load
from benchmarks.load.script import found_recordings, scripts
from benchmarks.processes import server_process
from models.transcribe import read_pcm
from protos.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
EDGE_OBJECTIVE = 0.02
"""Of a core, while it listens."""


def idle(
    connections: Annotated[str, typer.Option(help="Silent clients at once: numbers with commas between.")] = "0,1,10,100",
    seconds: Annotated[float, typer.Option(min=1, help="Of each measurement; reports come every 30 s.")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, in cores.")] = False,
) -> None:
    """What listening costs the edge, and silent clients the server; exit 1 if an edge takes more than 2 % of a core.

    The server's cost is shown beside that of one person who speaks all the time.

    \b
    harken-bench idle
    harken-bench idle --connections 0,1000 --seconds 60 --json
    """
    counts = numbers(connections)
    with server_process("--workers", "1", "--no-catalogue-words") as server:
        say(f"an edge listens for {seconds:g} s")
        edge = listening_cores(server.address, seconds, room())
        say(f"an edge hears somebody speak for {seconds:g} s")
        spoken_to = listening_cores(server.address, seconds, talk([read_pcm(Path(one.audio)) for one in found_recordings(ROOT, None, 100)], room()))
        measured = []
        for count in counts:
            say(f"{count} silent clients for {seconds:g} s")
            measured.append(asyncio.run(cost_of(server.address, server.pid, count, seconds)))
        say(f"one person speaks for {seconds:g} s")
        made = scripts(found_recordings(ROOT, None, 100), interim=False)
        speaking = run_load(Target(WayIn(server.address), None, (server.pid,)), Load(1.0, seconds, user_count=1), made)
    facts = {
        "edge_listening_cores": round(edge, 4),
        "edge_spoken_to_cores": round(spoken_to, 4),
        "server_idle": [{"connections": one.connections, "cores": round(one.cores, 4)} for one in measured],
        "server_one_speaker_cores": speaking.facts()["server_cores"],
        "run": circumstances(ROOT),
    }
    if as_json:
        print(json.dumps(facts))
    else:
        print(f"harken-edge listen, nobody speaks: {edge:.2%} of a core")
        print(f"harken-edge listen, somebody speaks all the time: {spoken_to:.2%} of a core")
        for one in measured:
            print(f"server, {one.connections:5d} silent clients: {one.cores:.2%} of a core")
        print(f"server, one person who speaks all the time: {facts['server_one_speaker_cores']:.2%} of a core")
    if edge > EDGE_OBJECTIVE:
        sys.exit(1)


def numbers(text: str) -> list[int]:
    found = [int(one) for one in text.split(",") if one.strip().isdigit()]
    if len(found) != text.count(",") + 1:
        raise ConfigurationError(f"--connections is {text!r}, must be numbers with commas between")
    return found


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
