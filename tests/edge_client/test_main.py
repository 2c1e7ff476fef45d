"""The command line as a user meets it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import grpc
import pytest

from edge_client import __main__ as command
from edge_client import microphone
from protos import messages as m
from tests.edge_client.conftest import FakeServer, serve


@pytest.fixture
def served() -> Iterator[FakeServer]:
    """The fake server on an event loop of its own, as the command line brings one along."""
    fake, loop = FakeServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(serve(fake), loop).result()
    yield fake
    asyncio.run_coroutine_threadsafe(server.stop(0), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["harken-edge", *arguments])
    with pytest.raises(SystemExit) as exit_:
        command.main()
    streams = capsys.readouterr()
    return int(exit_.value.code or 0), streams.out, streams.err


def test_json_is_one_object_for_each_segment_and_a_summary(
    served: FakeServer, two_queries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys, "ask", "--json", str(two_queries), "--server", served.address)
    *segments, summary = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [segment["segment_id"] for segment in segments] == [1, 2]
    assert {"transcript", "confidence", "alternatives", "hits", "timings", "model_version"} <= segments[0].keys()
    assert {"captured_seconds", "sent_seconds", "bytes_sent", "bytes_saved_ratio"} <= summary.keys()


def test_interim_results_are_objects_of_their_own_and_come_only_if_asked_for(
    served: FakeServer, two_queries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served.interims = 2
    asked = ["ask", "--json", str(two_queries), "--server", served.address]
    _, plain, _ = run(monkeypatch, capsys, *asked)
    _, out, _ = run(monkeypatch, capsys, *asked, "--interim")
    rows = [json.loads(line) for line in out.splitlines()]
    interims = [row for row in rows if row.get("interim")]
    assert [(row["segment_id"], row["transcript"], row["stable"]) for row in interims] == [
        (1, "0 samples", ""), (1, "1 samples", "1"), (2, "0 samples", ""), (2, "1 samples", "1"),
    ]  # fmt: skip
    assert [row.get("transcript") for row in rows if not row.get("interim")] == [json.loads(line).get("transcript") for line in plain.splitlines()]
    _, text, _ = run(monkeypatch, capsys, *asked[:1], *asked[2:], "--interim")
    assert "\x1b" not in text, "no growing line in a pipe"


def test_hints_are_sent_as_they_were_given(
    served: FakeServer, two_queries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, capsys, "ask", str(two_queries), "--server", served.address, "--hint", "ragout", "--hint", "apple pie")
    (wish,) = (request for request in served.requests if isinstance(request, m.StreamingConfig))
    assert [hint.phrase for hint in wish.phrase_hints] == ["ragout", "apple pie"]


def test_several_files_are_named(served: FakeServer, two_queries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(monkeypatch, capsys, "ask", "--json", str(two_queries), str(two_queries), "--server", served.address)
    assert {json.loads(line)["file"] for line in out.splitlines()} == {str(two_queries)}
    _, out, _ = run(monkeypatch, capsys, "ask", str(two_queries), "--server", served.address)
    assert "Apple Pie" in out


def test_a_rejected_segment_is_exit_code_1(two_queries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(monkeypatch, capsys, "ask", "--json", str(two_queries), "--server", "127.0.0.1:1", "--connect-timeout", "0.2")
    assert code == 1
    assert json.loads(out.splitlines()[0])["reject"]["reason"] == "UNAVAILABLE"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ask", "no-such-file.wav"], "no-such-file.wav: no such file"),
        (["ask", "x.wav", "--server", "nowhere"], "server is 'nowhere', must be HOST:PORT"),
        (["listen"], "the PortAudio library is missing"),
        (["devices"], "the PortAudio library is missing"),
    ],
)
def test_what_a_person_must_change_is_one_sentence_and_exit_code_2(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str, *_: object, **__: object) -> object:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return original(name, *_, **__)

    original = __import__
    monkeypatch.setattr("builtins.__import__", missing)
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("harken-edge: ")
    assert words in err
    assert "Traceback" not in err


def test_doctor_says_what_is_missing(served: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(microphone, "input_devices", list)
    code, out, _ = run(monkeypatch, capsys, "doctor", "--json", "--server", served.address)
    checks = {check["check"]: check["ok"] for check in json.loads(out)}
    assert code == 2
    assert checks["server"]


def test_speech_from_a_pipe(served: FakeServer, two_queries: Path) -> None:
    pcm = two_queries.read_bytes()[44:]
    listen = [sys.executable, "-m", "edge_client", "listen", "--stdin", "--json", "--server", served.address]
    done = subprocess.run(listen, input=pcm, capture_output=True, check=True)
    assert [json.loads(line).get("segment_id") for line in done.stdout.splitlines()] == [1, 2, None]


def test_ctrl_c_ends_listening_with_every_answer_and_the_summary(served: FakeServer, two_queries: Path) -> None:
    pcm = two_queries.read_bytes()[44:]
    listen = [sys.executable, "-m", "edge_client", "listen", "--stdin", "--json", "--server", served.address]
    with subprocess.Popen(listen, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pcm)
        process.stdin.flush()
        lines = [process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        process.stdin.close()  # as the recorder in front of the pipe does, which gets the same signal
        lines += process.stdout.readlines()
        assert process.wait() == 0
    *segments, summary = [json.loads(line) for line in lines]
    assert [segment["segment_id"] for segment in segments] == list(range(1, summary["segments"] + 1))
    assert summary["rejected"] == 0


def test_ctrl_c_ends_listening_though_the_pipe_stays_open(served: FakeServer, two_queries: Path) -> None:
    listen = [sys.executable, "-m", "edge_client", "listen", "--stdin", "--json", "--server", served.address]
    with subprocess.Popen(listen, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pcm = two_queries.read_bytes()[44:]
        process.stdin.write(pcm[: len(pcm) // 3200 * 3200 - 1600])  # ends within a block, so that the last read waits for more
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        while unread_bytes(process.stdin):
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert first["segment_id"] == 1


def unread_bytes(pipe: IO[bytes]) -> int:
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


def test_a_closed_standard_input_is_one_clear_sentence() -> None:
    command_line = f"exec {sys.executable} -m edge_client listen --stdin <&-"
    done = subprocess.run(["sh", "-c", command_line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("harken-edge: standard input cannot be read")
    assert "Traceback" not in done.stderr


def test_devices_are_listed_for_people_and_machines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "input_devices", lambda: [microphone.InputDevice(3, "webcam", 2, 48_000, is_default=True)])
    assert run(monkeypatch, capsys, "devices")[:2] == (0, "*   3  webcam  (2 channels, 48000 Hz)\n")
    assert json.loads(run(monkeypatch, capsys, "devices", "--json")[1]) == [
        {"index": 3, "name": "webcam", "channels": 2, "rate_hz": 48_000, "is_default": True}
    ]


def test_who_is_turned_away_stops_listening_and_says_why(
    served: FakeServer, two_queries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served.abort_after, served.abort_code, served.abort_details = 0, grpc.StatusCode.UNAUTHENTICATED, "this server needs a valid token"
    monkeypatch.setenv("HARKEN_EDGE_TOKEN", "secret-marker")
    code, out, err = run(monkeypatch, capsys, "ask", str(two_queries), str(two_queries), "--server", served.address)
    assert code == 2
    assert served.authorizations == ["Bearer secret-marker"], "one attempt, and not the second file"
    assert err.count("this server needs a valid token") == 1
    assert "secret-marker" not in out + err
