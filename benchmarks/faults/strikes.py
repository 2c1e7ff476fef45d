"""What each kind of fault does. A strike returns once the way is free again; who was hit then has to come back by itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.faults.disk import Disk
from benchmarks.faults.flood import flood
from benchmarks.faults.history import History
from benchmarks.faults.plan import Injection
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.servers import Server, Servers
from benchmarks.faults.speaker import Speaker
from benchmarks.faults.toxics import WAYS, Toxic

# Lengths, time-scaled: an outage of a minute is one of a second or two here, and keep-alive asks each second.
LONGEST_OUTAGE_S = 1.0
LONGEST_TOXIC_S = 0.6
SHORTEST_STOP_S, LONGEST_STOP_S = 0.3, 2.7
CLOCK_JUMPS_S = (3600.0, -10_800.0)


@dataclass(slots=True)
class World:
    """Everything a fault can reach."""

    history: History
    proxy: Proxy
    servers: Servers
    server: Server
    speakers: list[Speaker]
    disks: dict[str, Disk]
    """Of the spools, by speaker."""

    def speaker_at(self, choice: float) -> Speaker:
        return self.speakers[int(choice * len(self.speakers))]


Strike = Callable[[World, Injection], Awaitable[list[Speaker]]]
"""Returns whom it cut off: they are timed until their next outcome."""


async def cut(world: World, injection: Injection) -> list[Speaker]:
    """Every other one for a while, as if a cable were out."""
    if injection.choice < 0.5:
        world.proxy.refuse(refuses=True)
        world.proxy.cut()
        await asyncio.sleep(LONGEST_OUTAGE_S * injection.strength)
        world.proxy.refuse(refuses=False)
    else:
        world.proxy.cut()
    return world.speakers


async def reset(world: World, _: Injection) -> list[Speaker]:
    world.proxy.reset()
    return world.speakers


async def stall(world: World, injection: Injection) -> list[Speaker]:
    """Half-open, until somebody noticed and tries anew."""
    ways = {"stall_up": WAYS[:1], "stall_down": WAYS[1:]}.get(injection.kind, WAYS)
    links = world.proxy.links_made
    world.proxy.stall(*ways)
    while world.proxy.links_made == links and not all(speaker.is_over.is_set() for speaker in world.speakers):
        world.proxy.linked.clear()
        with suppress(TimeoutError):  # whoever is over makes no link any more
            async with asyncio.timeout(1.0):
                await world.proxy.linked.wait()
    world.proxy.cut()
    world.proxy.flow()
    return world.speakers


async def toxic(world: World, injection: Injection) -> list[Speaker]:
    """Nobody is cut off: it goes on, slower."""
    strength = injection.strength
    toxics = {
        "latency": Toxic(latency_s=0.05 + 0.25 * strength),
        "throttle": Toxic(bytes_per_second=200_000 - 150_000 * strength),
        "slice": Toxic(slice_bytes=1 + int(40 * strength)),
    }
    way = int(3 * injection.choice)
    world.proxy.spoil(toxics[injection.kind], *(WAYS if way == len(WAYS) else WAYS[way : way + 1]))
    await asyncio.sleep(LONGEST_TOXIC_S * strength)
    world.proxy.heal()
    return []


async def limit(world: World, injection: Injection) -> list[Speaker]:
    """Links that end in mid-message, each after so many bytes."""
    world.proxy.spoil(Toxic(limit_bytes=1000 + int(50_000 * injection.strength)), "up")
    await asyncio.sleep(LONGEST_TOXIC_S * injection.strength)
    world.proxy.heal()
    world.proxy.cut()
    return world.speakers


async def slow_close(world: World, injection: Injection) -> list[Speaker]:
    """The server does not know yet that its client is gone, and comes back by another link."""
    world.proxy.spoil(Toxic(slow_close_s=LONGEST_TOXIC_S * injection.strength), "up")
    world.proxy.hang_up()
    await asyncio.sleep(LONGEST_TOXIC_S * injection.strength)
    world.proxy.heal()
    return world.speakers


async def kill_server(world: World, injection: Injection) -> list[Speaker]:
    fresh, killed = await world.servers.next(), world.server
    world.proxy.refuse(refuses=True)
    await killed.child.kill()
    await asyncio.sleep(LONGEST_OUTAGE_S * injection.strength)
    world.server = fresh
    world.proxy.point_at(fresh.address)
    world.proxy.refuse(refuses=False)
    return world.speakers


async def restart(world: World, _: Injection) -> list[Speaker]:
    """As a deploy does it: the new one is there, the old one drains."""
    fresh, drained = await world.servers.next(), world.server
    world.server = fresh
    world.proxy.point_at(fresh.address)
    await drained.child.stop()
    return world.speakers


async def stop_server(world: World, injection: Injection) -> list[Speaker]:
    """SIGSTOP: it answers nobody, and its links stay up."""
    world.server.child.signal(signal.SIGSTOP)
    await asyncio.sleep(SHORTEST_STOP_S + (LONGEST_STOP_S - SHORTEST_STOP_S) * injection.strength)
    world.server.child.signal(signal.SIGCONT)
    return world.speakers


async def kill_worker(world: World, _: Injection) -> list[Speaker]:
    for pid in await world.server.worker_pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return world.speakers


async def kill_edge(world: World, injection: Injection) -> list[Speaker]:
    speaker = world.speaker_at(injection.choice)
    await speaker.restart()
    return [speaker]


async def disk_full(world: World, injection: Injection) -> list[Speaker]:
    """What the disk does not take is in memory alone: it is answered before the next fault may strike."""
    speaker = world.speaker_at(injection.choice)
    disk = world.disks[speaker.name]
    disk.fill()
    await asyncio.sleep(LONGEST_TOXIC_S * injection.strength)
    disk.free()
    await speaker.until_answered()
    return []


async def clock(world: World, injection: Injection) -> list[Speaker]:
    """Everybody's wall clock jumps, and later jumps back."""
    jump_s = CLOCK_JUMPS_S[int(injection.choice * len(CLOCK_JUMPS_S))]
    for offset_s in (jump_s, 0.0):
        world.server.child.say(f"clock {offset_s}")
        for speaker in world.speakers:
            speaker.say(f"clock {offset_s}")
        await asyncio.sleep(LONGEST_TOXIC_S * injection.strength)
    return []


async def flooded(world: World, _: Injection) -> list[Speaker]:
    world.history.write(await flood(world.server))
    return []


STRIKES: dict[str, Strike] = {
    "cut": cut,
    "reset": reset,
    "stall": stall,
    "stall_up": stall,
    "stall_down": stall,
    "latency": toxic,
    "throttle": toxic,
    "slice": toxic,
    "limit": limit,
    "slow_close": slow_close,
    "kill_server": kill_server,
    "kill_worker": kill_worker,
    "kill_edge": kill_edge,
    "stop_server": stop_server,
    "restart": restart,
    "disk_full": disk_full,
    "clock": clock,
    "flood": flooded,
}
