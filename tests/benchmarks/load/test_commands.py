"""harken-bench load from the outside, against a server without a model."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from cloud_server.app import RunningServer


async def bench(*arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "benchmarks", "load", *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_steps_are_a_list_of_loads(server: RunningServer) -> None:
    code, out, err = await bench("--server", server.address, "--steps", "20,40", "--seconds", "1", "--full-speed", "--json")
    facts = json.loads(out)
    assert [step["load"]["streams"] for step in facts["steps"]] == [20.0, 40.0], err
    assert all(step["passed"] and step["server_cores"] is None for step in facts["steps"])
    assert code == 0
    assert "run" in facts


async def test_a_broken_promise_is_an_exit_code(server: RunningServer) -> None:
    """Of a network so bad that no answer can be in time."""
    code, out, _ = await bench("--server", server.address, "--streams", "5", "--seconds", "1", "--full-speed", "--jitter-ms", "2000")
    assert code == 1
    assert "BROKEN" in out


@pytest.mark.parametrize(("flag", "value", "word"), [("--steps", "1,two", "commas"), ("--model", "huge", "shipped"), ("--shape", "square", "steady")])
async def test_a_flag_that_cannot_be_is_named(flag: str, value: str, word: str) -> None:
    code, _, err = await bench(flag, value, "--server", "127.0.0.1:1")
    assert code == 2
    assert word in err
