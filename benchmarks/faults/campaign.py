"""Two people who speak, one server, a proxy between, and faults at random moments: runs it, and has the history checked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults.checker import Expected, Findings, check
from benchmarks.faults.disk import Disk, small_disk
from benchmarks.faults.events import Finished, Struck
from benchmarks.faults.history import History
from benchmarks.faults.plan import DECK, Injection, make_plan
from benchmarks.faults.proxy import running_proxy
from benchmarks.faults.servers import Servers
from benchmarks.faults.speaker import Speaker
from benchmarks.faults.speech import Speech
from benchmarks.faults.strikes import STRIKES, World
from benchmarks.faults.words import Speeches

NAMES = ("a", "b")
STARTS_ANEW = frozenset({"kill_worker", "kill_edge"})
"""Until the next answer a Python process starts: by kind only, since no link or server came back."""
TAKES_A_SPARE = frozenset({"kill_server", "restart"})


@dataclass(frozen=True, slots=True)
class Settings:
    recordings: tuple[Path, ...]
    """One for each speaker."""
    segments: int
    injections: int
    seed: int
    folder: Path
    """For history, logs and spools."""
    model: str = "stub"
    deck: Mapping[str, int] = field(default_factory=lambda: DECK)
    server_arguments: tuple[str, ...] = ()
    edge_arguments: tuple[str, ...] = ()
    stuck_s: float = 150.0
    """An edge that shows nothing for so long is killed, and what it promised is lost: after 120 s it should have said that it gives up."""


class Campaign:
    def __init__(self, settings: Settings, on_injection: Callable[[int], None] = lambda _: None) -> None:
        self._settings, self._on_injection = settings, on_injection
        self._recovery_s: dict[str, list[float]] = defaultdict(list)
        self._injected: Counter[str] = Counter()
        self.skipped: list[str] = []
        """Kinds that cannot strike here, and why."""
        self.stuck: list[str] = []
        """Speakers whose edge was given up."""

    async def run(self, words: Callable[[Speeches], Expected]) -> dict[str, Any]:
        """words: what a run without faults hears of these speeches."""
        began_s = time.monotonic()
        async with AsyncExitStack() as stack:
            history = stack.enter_context(History(self._settings.folder / "history.jsonl"))
            disks = {name: stack.enter_context(small_disk(self._settings.folder / f"spool-{name}")) for name in NAMES}
            plan = self._plan(disks)
            speeches = self._speeches(plan)
            world = await self._world(history, disks, speeches, stack)
            for speaker in world.speakers:
                await speaker.start()
            injecting = asyncio.create_task(self._inject(world, plan, speeches[NAMES[0]].total))
            await injecting
            await asyncio.gather(*(self._finish(speaker) for speaker in world.speakers))
            history.write(await world.server.settled_vitals(), world.server.child.who)
            await world.server.child.stop()
        findings = check(history.records, words(speeches))
        reconnects = sum(record.event.reconnects for record in history.records if isinstance(record.event, Finished))
        return {**self._facts(findings), "reconnects": reconnects, "seconds": round(time.monotonic() - began_s, 1)}

    def _plan(self, disks: Mapping[str, Disk]) -> list[Injection]:
        settings, deck = self._settings, dict(self._settings.deck)
        if "disk_full" in deck and not all(disk.is_small for disk in disks.values()):
            self.skipped.append("disk_full: only root may mount a small disk")
            del deck["disk_full"]
        return make_plan(settings.seed, settings.injections, settings.segments, deck)

    def _speeches(self, plan: Sequence[Injection]) -> dict[str, Speech]:
        """Half of the segments each, and one query more for each that a killed edge may not have ended."""
        total = -(-self._settings.segments // len(NAMES)) + sum(injection.kind == "kill_edge" for injection in plan)
        return {name: Speech(recording, total) for name, recording in zip(NAMES, self._settings.recordings, strict=True)}

    async def _world(self, history: History, disks: dict[str, Disk], speeches: Mapping[str, Speech], stack: AsyncExitStack) -> World:
        servers = Servers(history, ("--model", self._settings.model, *self._settings.server_arguments))
        stack.push_async_callback(servers.close)
        server = await servers.start()
        proxy = await stack.enter_async_context(running_proxy(server.address))
        speakers = []
        for name, recording in zip(NAMES, self._settings.recordings, strict=True):
            total = str(speeches[name].total)
            arguments = ["--server", proxy.address, "--recording", str(recording), "--total", total, *self._settings.edge_arguments]
            speakers.append(Speaker(name, disks[name].folder / "segments", history, arguments))
            stack.push_async_callback(speakers[-1].close)
        return World(history, proxy, servers, server, speakers, disks)

    async def _inject(self, world: World, plan: Sequence[Injection], total: int) -> None:
        """People speak a little ahead of the plan, not to be done before it is. total: queries of each."""
        share = total / self._settings.segments
        for injection, following in zip_longest(plan, plan[1:]):
            if injection.kind in TAKES_A_SPARE:
                await world.servers.until_spare()
            until = self._settings.segments if following is None else following.after_segments
            if not await self._moment(world, injection, round(share * injection.after_segments), round(share * until)):
                break
            world.history.write(Struck(injection.kind))
            hit = await STRIKES[injection.kind](world, injection)
            restored_s = time.monotonic()
            for speaker in world.speakers:
                speaker.allow(0)
            back_s = await asyncio.gather(*(self._back_s(speaker) for speaker in hit))
            self._recovery_s[injection.kind] += [seconds - restored_s for seconds in back_s if seconds is not None]
            self._injected[injection.kind] += 1
            self._on_injection(1)
        for speaker in world.speakers:
            speaker.allow(total)

    async def _moment(self, world: World, injection: Injection, begun: int, allowed: int) -> bool:
        """Once each speaker has begun so many queries, and some bytes later; False: everybody has gone."""
        for speaker in world.speakers:
            speaker.allow(max(begun, allowed))
        for speaker in world.speakers:
            await speaker.until_begun(begun)
            speaker.allow(0)
        waits: list[asyncio.Future[Any]] = [
            asyncio.create_task(world.proxy.until_passed(world.proxy.passed_bytes + injection.after_bytes)),
            asyncio.create_task(_all_over(world)),
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return not all(speaker.is_over.is_set() for speaker in world.speakers)

    async def _back_s(self, speaker: Speaker) -> float | None:
        try:
            async with asyncio.timeout(self._settings.stuck_s):
                return await speaker.next_shown_s()
        except TimeoutError:
            self.stuck.append(speaker.name)
            await speaker.close()
            return None

    async def _finish(self, speaker: Speaker) -> None:
        while not speaker.is_over.is_set():
            await self._back_s(speaker)

    def _facts(self, findings: Findings) -> dict[str, Any]:
        of_links = [seconds for kind, found in self._recovery_s.items() if kind not in STARTS_ANEW for seconds in found]
        return {
            "segments": findings.segments,
            "injections": self._injected.total(),
            **asdict(findings.verdict),
            "recovery_seconds": spread(of_links),
            "kinds": dict(sorted(self._injected.items())),
            "recovery_seconds_by_kind": {kind: spread(seconds) for kind, seconds in sorted(self._recovery_s.items()) if seconds},
            "shown_again": findings.shown_again,
            "rejects": findings.rejects,
            "left": list(findings.left),
            "skipped": self.skipped,
            "stuck": self.stuck,
            "seed": self._settings.seed,
            "model": self._settings.model,
        }


async def _all_over(world: World) -> None:
    for speaker in world.speakers:
        await speaker.is_over.wait()


def spread(seconds: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(seconds, (50, 95)) if seconds else (0.0, 0.0)
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "max": round(max(seconds, default=0.0), 3)}
