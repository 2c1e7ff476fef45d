"""One process that speaks for many: `python -m benchmarks.load.generator` reads its plan, says that it is ready, and begins when it is told to."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from pathlib import Path
from random import Random

from benchmarks.load.network import Network
from benchmarks.load.outcomes import Outcome
from benchmarks.load.plan import Plan, Told
from benchmarks.load.script import scripts
from benchmarks.load.speaker import Speaker, Turn
from benchmarks.replies import own_standard_output
from edge_client.config import TransportConfig
from edge_client.options import access
from protos import messages as m
from protos.errors import ConfigurationError

READY = "ready"


def speakers(plan: Plan, over: asyncio.Event) -> list[Speaker]:
    """One for each session of the plan; over: set when nobody is to begin any more.

    Raises: ConfigurationError: a certificate or a token cannot be used.
    """
    made, way_in = scripts(plan.recordings, interim=plan.interim), plan.way_in
    paths = (None if path is None else Path(path) for path in (way_in.tls_ca, way_in.tls_cert, way_in.tls_key, way_in.token_file))
    way = access(way_in.tls, *paths)
    way.pems()  # said now, and not by every session for as long as it has patience
    transport = TransportConfig(way_in.server, access=way)
    wish = m.StreamingConfig(
        client=m.ClientInfo("harken-bench load"),
        catalogue=plan.catalogue,
        max_alternatives=3,
        interim_results=plan.interim,
        enable_word_time_offsets=True,
    )
    turns: dict[int, list[Turn]] = {}
    for number, visit in enumerate(plan.visits):
        if visit.session < 0:  # another generator's
            continue
        turns.setdefault(visit.session, []).append(Turn(number, visit.at_s, made[visit.script]))
    network = Network(plan.jitter_s, plan.loss)
    return [
        Speaker(session, its, transport, wish, network, Random(plan.seed + session), paced=plan.paced, patience_s=plan.patience_s, over=over)
        for session, its in turns.items()
    ]


async def speak(all_speakers: list[Speaker], start_s: float, over: asyncio.Event) -> list[Outcome]:
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), over.set)
    spoken = await asyncio.gather(*(speaker.run(start_s) for speaker in all_speakers))
    return [outcome for outcomes in spoken for outcome in outcomes]


def main() -> None:
    """In comes a line with the plan, out goes `ready`; in comes a line with the start (time.monotonic's), out goes a line with the outcomes.

    Whatever comes in later, the end of the input too, says that nobody is to begin any more.
    """
    over = asyncio.Event()
    replies = own_standard_output()
    try:
        made = speakers(Plan.from_json(sys.stdin.readline()), over)
    except ConfigurationError as error:
        print(f"harken-bench: {error}", file=sys.stderr)
        sys.exit(2)
    print(READY, file=replies, flush=True)
    # Not through the buffer, which would swallow what may follow at once; whoever waits for the descriptor would not see it.
    start_s = float(sys.stdin.buffer.raw.readline())  # type: ignore[union-attr] # standard input has one
    # The scripts live as long as the process; walking them again and again would make what is sent late.
    gc.freeze()
    begin_s = time.process_time()
    outcomes = asyncio.run(speak(made, start_s, over))
    troubles = tuple(sorted({speaker.trouble for speaker in made if speaker.trouble}))
    told = Told(tuple(outcomes), sum(speaker.reconnects for speaker in made), troubles, time.process_time() - begin_s)
    print(told.to_json(), file=replies, flush=True)


if __name__ == "__main__":
    main()
