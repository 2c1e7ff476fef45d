"""Disks that stall: a file system process is stopped in mid-call, and whoever touches a file below it waits, as on a dying disk."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from cloud_server.app import running_server
from cloud_server.config import Config
from cloud_server.search.catalogue import Document, read_catalogue
from cloud_server.search.index import add_documents, build_index
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests.cloud_server.conftest import STUB
from tests.cloud_server.test_search_faults import FOUND, ask
from tests.programs import program

CLICK = pb.SubmitFeedbackRequest(
    session_id="s", segment_id=1, clicked=pb.ClickedHit(hit_id="bread"), data_use=pb.DataUse(allow_retention=True, policy_version="1")
)


@dataclass
class Disk:
    """A folder behind a file system process of its own, which can be stopped in mid-air: whoever touches a file then waits, as on a dying disk."""

    path: Path
    server: subprocess.Popen[bytes]

    def stall(self) -> None:
        self.server.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.server.send_signal(signal.SIGCONT)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Skips by name where file systems cannot be mounted."""
    (tmp_path / "behind").mkdir()
    (tmp_path / "disk").mkdir()
    uncached = "attr_timeout=0,entry_timeout=0,negative_timeout=0,ac_attr_timeout=0"
    command = [program("bindfs"), "-f", "-o", uncached, tmp_path / "behind", tmp_path / "disk"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            while server.poll() is None and not (tmp_path / "disk").is_mount():
                pass
            if server.poll() is not None:
                said = server.stdout.read().decode() if server.stdout else ""
                pytest.skip(f"bindfs: a file system cannot be mounted here: {said}")
            yield Disk(tmp_path / "disk", server)
        finally:
            server.send_signal(signal.SIGCONT)
            subprocess.run(["umount", "--lazy", tmp_path / "disk"], check=False, capture_output=True)
            server.kill()


def hangs_in(name: str) -> bool:
    """Whether a thread so named waits in the kernel for the file system's process."""
    return any(waits(Path("/proc/self/task") / str(thread.native_id)) for thread in threading.enumerate() if thread.name.startswith(name))


def waits(thread: Path) -> bool:
    with suppress(FileNotFoundError):  # it has ended
        return (thread / "wchan").read_text() == "request_wait_answer"
    return False


def test_a_disk_that_stalls_costs_nothing_and_does_not_keep_the_server_from_ending(disk: Disk, catalogue: Path) -> None:
    """A real one: below the file system, every call on it hangs."""
    build_index(read_catalogue(catalogue), disk.path / "dishes", "dishes")
    added = Document("stew", "Lamb Stew")

    async def serve() -> None:
        config = Config(port=0, metrics_port=0, workers=1, index_dirs=(disk.path / "dishes",), search_timeout_s=20.0, drain_s=5.0)
        async with running_server(config, STUB) as running, grpc.aio.insecure_channel(running.address) as channel:
            assert await ask(channel) == FOUND
            disk.stall()
            while not await asyncio.to_thread(hangs_in, "index-look"):
                pass  # the server looks once a second
            assert [await ask(channel) for _ in range(3)] == [FOUND] * 3
            disk.go_on()
            version = (await asyncio.to_thread(add_documents, [added], disk.path / "dishes")).version
            stub = pb_grpc.SpeechSearchStub(channel)
            while (await stub.Search(pb.SearchRequest(query="lamb stew"))).search_results.catalogue_version != version:
                pass
            disk.stall()
            while not await asyncio.to_thread(hangs_in, "index-look"):
                pass
            assert await ask(channel) == FOUND

    asyncio.run(serve())
    assert hangs_in("index-look"), "the server has ended, and that call still waits"


def test_a_feedback_folder_on_it_costs_two_seconds_and_neither_metrics_nor_the_end(disk: Disk, catalogue: Path) -> None:
    """People are told that nothing was kept, and get their answers."""

    async def serve() -> None:
        config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), feedback_dir=disk.path / "kept", drain_s=5.0)
        async with running_server(config, STUB) as running, grpc.aio.insecure_channel(running.address) as channel:
            stub = pb_grpc.SpeechSearchStub(channel)
            assert (await stub.SubmitFeedback(CLICK)).kept
            disk.stall()
            assert [(await stub.SubmitFeedback(CLICK)).kept for _ in range(2)] == [False, False]
            assert hangs_in("feedback")
            assert await ask(channel) == FOUND
            page = await asyncio.to_thread(scraped, running.metrics_address)
            assert 'asr_server_disk_free_ratio{folder="feedback"} 0.0' in page
            assert 'asr_server_feedback_kept_total{outcome="lost"} 2.0' in page

    asyncio.run(serve())
    assert hangs_in("feedback"), "the server has ended, and that call still waits"


def scraped(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as response:
        return str(response.read().decode())


@pytest.mark.parametrize(("flag", "code", "words"), [("--index", 0, "stopped before it had started"), ("--feedback", -signal.SIGTERM, "")])
def test_a_server_that_waits_for_it_at_its_start_can_be_stopped(disk: Disk, catalogue: Path, flag: str, code: int, words: str) -> None:
    """Nothing was begun that would have to be finished; while flags are still read, the signal ends it as it ends any program."""
    build_index(read_catalogue(catalogue), disk.path / "dishes", "dishes")
    command = [sys.executable, "-m", "cloud_server", "run", "--port", "0", "--metrics-port", "0", "--workers", "1", flag, disk.path / "dishes"]
    disk.stall()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            while not any(waits(thread) for thread in Path(f"/proc/{server.pid}/task").iterdir()):
                assert server.poll() is None
            server.send_signal(signal.SIGTERM)
            said, log = server.communicate(timeout=60)
        finally:
            server.kill()
    assert (server.returncode, said) == (code, "")
    assert words in log
    assert "Traceback" not in log
