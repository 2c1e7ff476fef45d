"""The command line as an operator meets it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloud_server import __main__ as command


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["harken-server", *arguments])
    with pytest.raises(SystemExit) as exit_:
        command.main()
    streams = capsys.readouterr()
    return int(exit_.value.code or 0), streams.out, streams.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--host", "0.0.0.0"], "host 0.0.0.0 is not a loopback address"),  # noqa: S104
        (["run", "--redis", "redis://:hush@127.0.0.1"], "--redis must not hold a password"),
        (["run", "--redis", "rediss://127.0.0.1", "--redis-ca", "nowhere.pem"], "nowhere.pem: no such file"),
        (["run", "--port", "70000"], "port is 70000, must be within 0..65535"),
        (["run", "--port", "0", "--metrics-port", "0", "--catalogue", "nowhere.jsonl"], "nowhere.jsonl"),
        (["run", "--port", "0", "--metrics-port", "0", "--workers", "1", "--bundle", "nowhere"], "nowhere: No such file"),
        (["index", "build", "nowhere.jsonl", "--out", "x"], "nowhere.jsonl"),
    ],
)
def test_what_an_operator_must_change_is_one_sentence_and_exit_code_2(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HARKEN_SERVER_ALLOW_PLAINTEXT", raising=False)
    code, _, err = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert "hush" not in err


def test_a_worker_that_takes_too_long_to_start_is_one_sentence_and_leaves_nothing_running(catalogue: Path) -> None:
    """It was a stack trace after sixty seconds."""
    flags = ["--port", "0", "--metrics-port", "0", "--workers", "2", "--catalogue", str(catalogue), "--worker-start-s", "0.01"]
    command_line = [sys.executable, "-m", "cloud_server", "run", *flags]
    # Its pipe ends only when nobody holds it any more: children included.
    done = subprocess.run(command_line, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("harken-server: ")]
    assert sentence.startswith("harken-server: harken-worker-1 was not ready within 0.01 s and was ended: ")
    assert sentence.endswith("start fewer with --workers, or allow more with --worker-start-s")


def test_a_server_says_where_it_is_and_stops_at_sigterm_with_0(catalogue: Path) -> None:
    flags = ["--port", "0", "--metrics-port", "0", "--workers", "1", "--catalogue", str(catalogue), "--json"]
    process = subprocess.Popen([sys.executable, "-m", "cloud_server", "run", *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert {"catalogue": "small", "documents": 4, "catalogues": ["small"], "workers": 1}.items() <= said.items()
    assert said["address"].startswith("127.0.0.1:")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()
