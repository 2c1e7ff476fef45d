"""Silence with everything twenty times as often: nothing reconnects, a half-open link is found, and what an outage left is answered."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.overload.server_process import ServerOptions, overwhelmed
from benchmarks.overload.stillness import Sounds, Stillness, kept_silence, silence, still
from benchmarks.overload.verdict import restless

SHORT = Stillness(streams=5, idle_s=0.2, silence_s=80.0, time_scale=20.0, backlog_s=10.0)
FAST = ServerOptions(audio_s_per_s=1000.0)


async def test_silence_is_kept_links_are_found_and_a_backlog_is_answered() -> None:
    said: list[str] = []
    found = await still(FAST, SHORT, said.append)
    assert len(said) == 4
    assert found["silence"] == {"seconds": 4.0, "reconnects": 0, "segments": 0}
    assert found["backlog"]["segments"] == found["backlog"]["answered"] > 1
    assert set(found["half_open_seconds"]) == {"edge", "server"}
    assert found["idle"]["streams"] == 5


async def test_a_server_that_minds_pings_is_caught() -> None:
    """Negative control: one that lets clients ask ten times less often than these do ends their silence."""
    async with overwhelmed(replace(FAST, keepalive_s=9.0)) as server:
        kept = await kept_silence(server.address, replace(SHORT, silence_s=160.0, time_scale=40.0))
    assert kept["reconnects"] > 0
    others = {"idle": {"streams": 5, "core_share": 0.0}, "half_open_seconds": {"edge": 1.0}}
    backlog = {"audio_seconds": 1.0, "segments": 1, "answered": 1, "seconds": 1.0}
    assert restless({**others, "silence": kept, "backlog": backlog}) == [f"{kept['reconnects']} reconnects in silence"]


async def test_sounds_are_the_recording_again_and_again_on_the_capture_clock() -> None:
    frames = [frame async for frame in Sounds(bytes(range(200)) * 8, 0.1, paced=False).frames()]
    assert [frame.start_sample for frame in frames] == [0, 320, 640, 960, 1280]
    assert frames[0].pcm == frames[2].pcm == (bytes(range(200)) * 8)[:640]
    assert frames[1].pcm != frames[0].pcm
    assert [frame.pcm async for frame in silence(0.04).frames()] == [bytes(640)] * 2
