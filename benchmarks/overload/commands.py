"""harken-bench overload and silence: what becomes of speech when there is far too much of it, and what none at all costs."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import typer

from benchmarks.overload.server_process import ServerOptions
from benchmarks.overload.stillness import Stillness, still
from benchmarks.overload.trial import Plan, fair_shares, flooded

PLAN, OPTIONS, STILL = Plan(), ServerOptions(), Stillness()


def overload(
    seconds: Annotated[float, typer.Option(min=1.0, help="Of the flood.")] = PLAN.flood_s,
    factor: Annotated[float, typer.Option(min=1.0, help="How many times the measured peak is asked for.")] = PLAN.factor,
    audio_s_per_s: Annotated[float, typer.Option(min=1.0, help="What the stub hears a second; more is more messages.")] = OPTIONS.audio_s_per_s,
    fair: Annotated[bool, typer.Option("--fair/--no-fair", help="Then six tenants, one of them ten times as loud.")] = True,
    fair_seconds: Annotated[float, typer.Option(min=1.0, help="Of each of six turns, calm and loud.")] = PLAN.fair_s,
    seed: Annotated[int, typer.Option(help="Of who speaks when.")] = PLAN.seed,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask a server for ten times what it can hear; exit 1 if what it promises does not hold.

    Open loop, 200 ms messages, one person a stream, a stub for a model; server on one core, generator on another. The peak is measured, half of it is
    asked for, then ten times, then half again. Promised: goodput (audio answered in time) at least 90 % of the peak, p95 of accepted segments at most
    1.0 s after the end of speech, rejects within 50 ms (p99) and with a time to come back, normal again within 10 s. One tenant of six at ten times
    its rate: the others' p95 changes by at most 10 %, and none of theirs is refused. core_share near 1: the core was measured, not the server.

    \b
    harken-bench overload                                  # about five minutes
    harken-bench overload --seconds 10 --no-fair
    harken-bench overload --audio-s-per-s 75 --json        # as fast as the shipped model: 4,500 messages a second
    """
    plan, options = Plan(flood_s=seconds, factor=factor, fair_s=fair_seconds, seed=seed), ServerOptions(audio_s_per_s=audio_s_per_s)
    say = partial(print, file=sys.stderr)
    found = asyncio.run(flooded(options, plan, say))
    if fair:
        found["fairness"] = asyncio.run(fair_shares(options, plan, say))
        found["broken"] += found["fairness"].pop("broken")
    print(json.dumps(found) if as_json else "\n".join(as_rows(found)))
    if found["broken"]:
        sys.exit(1)


def silence(
    streams: Annotated[int, typer.Option(min=1, help="Open, and nobody speaks.")] = STILL.streams,
    seconds: Annotated[float, typer.Option(min=1.0, help="Of measuring the server's CPU, without and with them.")] = STILL.idle_s,
    minutes: Annotated[float, typer.Option(min=0.01, help="Of silence on one stream.")] = STILL.silence_s / 60,
    time_scale: Annotated[float, typer.Option(min=1.0, help="Keep-alive this many times as often, and silence that much shorter.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What silence costs, and how soon an edge is back after a broken link; exit 1 if it is more or later than promised.

    Promised: 100 idle streams take less than 1 % of a core; ten minutes of silence: no reconnect; a link that is half open is found by both sides
    within 15 s; 60 s of speech that an outage left in the spool are answered within 30 s.

    \b
    harken-bench silence                               # eleven minutes
    harken-bench silence --minutes 10 --time-scale 10     # the same silence with everything ten times as often
    """
    plan = Stillness(streams, seconds, minutes * 60, time_scale)
    found = asyncio.run(still(ServerOptions(audio_s_per_s=75.0), plan, partial(print, file=sys.stderr)))
    print(json.dumps(found) if as_json else "\n".join(as_rows(found)))
    if found["broken"]:
        sys.exit(1)


def as_rows(found: dict[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in found.items():
        words = name.replace("_", " ")
        if isinstance(value, dict):
            yield f"{indent}{words}:"
            yield from as_rows(value, indent + "  ")
        else:
            yield f"{indent}{words:28s} {'; '.join(map(str, value)) or 'nothing' if isinstance(value, list) else value}"
