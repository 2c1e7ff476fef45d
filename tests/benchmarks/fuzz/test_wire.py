"""Mutated calls of every method leave a server as it was; one that tells INTERNAL is caught."""

from __future__ import annotations

import pytest

from benchmarks.fuzz.commands import fuzz_server, fuzz_sessions
from benchmarks.fuzz.wire import METHODS, make_call
from cloud_server.security.methods import ANY_TOKEN, OPEN, SCOPES
from cloud_server.service import SpeechSearchService


def test_every_method_that_has_a_rule_is_tried() -> None:
    assert {method.path for method in METHODS} == set(SCOPES) | ANY_TOKEN | OPEN


def test_the_same_seed_makes_the_same_call() -> None:
    assert [make_call(seed) for seed in range(50)] == [make_call(seed) for seed in range(50)]


async def test_five_hundred_mutated_calls_crash_hang_and_confuse_nobody() -> None:
    found = await fuzz_server(500, 1)
    assert found.broken == []
    assert (found.calls, sum(found.codes.values())) == (500, 500)
    assert set(found.methods) == {method.path for method in METHODS}
    assert {"OK", "INVALID_ARGUMENT", "FAILED_PRECONDITION"} <= set(found.codes)


async def test_a_method_that_fails_inside_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    async def bug(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(SpeechSearchService, "GetServerInfo", bug)
    found = await fuzz_server(100, 1)
    assert any("GetServerInfo" in words and "INTERNAL" in words for words in found.broken)
    assert found.told_internal > 0


def test_no_examples_need_no_process() -> None:
    assert fuzz_sessions(0, 2, 1) == []
