"""A short flood of a real server is refused in band, a queue without bound is caught, and loud tenants are told of their quota.

How fast it all was is for `harken-bench overload` on a quiet machine; nothing here depends on the clock of a busy one.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.overload.commands import as_rows
from benchmarks.overload.server_process import ServerOptions
from benchmarks.overload.trial import Plan, fair_shares, flooded

SHORT = Plan(peak_s=0.5, calm_s=0.5, flood_s=1.0, after_s=0.5, fair_s=1.0, fair_turns=1, factor=5.0, max_people=32)


async def test_what_is_too_much_is_refused_with_a_time_to_come_back_and_nothing_is_lost() -> None:
    said: list[str] = []
    found = await flooded(ServerOptions(), SHORT, said.append)
    assert said[1:] == ["calm", "flood", "calm again", "waiting for the last answers"]
    assert (found["lost"], found["rejects_without_retry_time"]) == (0, 0)
    assert 0 < found["rejected"] < found["segments"]
    assert "core share:" in list(as_rows(found))


async def test_a_queue_without_bound_is_caught() -> None:
    """Negative control: five seconds of work come in one, and whoever is accepted waits for them."""
    found = await flooded(ServerOptions(max_queued_s=3000.0), SHORT, lambda _: None)
    assert found["rejected"] == 0
    assert any("p95 of accepted segments" in words for words in found["broken"])


async def test_a_loud_tenant_meets_its_quota_and_the_others_are_all_answered() -> None:
    found = await fair_shares(ServerOptions(audio_s_per_s=100.0, quota_share=0.017), replace(SHORT, factor=10.0), lambda _: None)
    assert found["others_refused"] == 0
    assert 0 < found["loud_answered"] < found["loud_asked"]
