"""Row X11 of the fault matrix: what people say, in sound or words, is in no log, metric or file of a default run, and neither are their tokens.

The server is a process of its own with its own home, temporary and working folder, logging at DEBUG; its stub hears the first hint, so the marker is
what was "said" too. Looked for while it runs, for some files live no longer, and after its end.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from models.transcribe import read_pcm
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.conftest import ROWS
from tests.conftest import ROOT

TEXT = "quokkaflute"
SOUND = bytes.fromhex("5121e3f07d1c99ab42d70e6f1b8ca35d")
HINTS = (m.PhraseHint(f"{TEXT} said"),)
CONFIG = m.StreamingConfig(
    client=m.ClientInfo(f"{TEXT} client", device=m.DeviceInfo(f"{TEXT} microphone")),
    subject_id=f"{TEXT} subject",
    phrase_hints=HINTS,
    interim_results=True,
)
SERVER = """
import asyncio, json, logging, sys, time
from pathlib import Path
from cloud_server.app import running_server
from cloud_server.config import Config
from cloud_server.security.exposure import Security
from cloud_server.security.principal import Scope
from cloud_server.security.tokens import mint, signing_key
from cloud_server.worker_process import RecogniserSpec

async def serve():
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    security = Security(None, require_token=True, token_key=Path("token.key"), api_keys=Path("api-keys.jsonl"))
    token = mint(signing_key(Path("token.key")), "kitchen", frozenset(Scope), 600, time.time())
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(Path("small.jsonl"),), security=security)
    async with running_server(config, RecogniserSpec("tests.fakes:make_stub")) as server:
        print(json.dumps([server.address, server.metrics_address, token]), flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(serve())
"""


def speech(number: int, first: int = 7) -> m.Segment:
    """The marker again and again, after a first sample that may mean something to the stub."""
    return m.Segment(number, 0, first.to_bytes(2, "little") + SOUND * 1000)


def ways_to_write(secret: bytes) -> list[bytes]:
    """As it is, and as a log or a JSON file would show it; base64 at any offset."""
    coded = [base64.b64encode(secret[skip:])[4:16] for skip in range(3)]
    return [secret, secret.hex().encode(), repr(secret)[2:-1].encode(), *coded]


def where(folder: Path, secrets: list[bytes]) -> Iterator[str]:
    """Every file below that holds one of them, whatever its case."""
    patterns = re.compile(b"|".join(re.escape(way) for secret in secrets for way in ways_to_write(secret)), re.IGNORECASE)
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # the server may be tidying up
            if patterns.search(path.name.encode()) or (path.is_file() and patterns.search(path.read_bytes())):
                yield str(path.relative_to(folder))


def surroundings(folder: Path) -> dict[str, str]:
    """An environment in which everything a program would write lands below `folder`."""
    for name in ("home", "temp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "temp"), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HARKEN_"))}
    return {**kept, **own}


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[str, str, str]]:
    """Its address, that of its metrics, and a token."""
    environment = surroundings(folder)
    (folder / "small.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with (folder / "log").open("wb") as log:
        pipe = asyncio.subprocess.PIPE
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SERVER, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=log
        )  # fmt: skip
        try:
            assert server.stdout is not None
            assert server.stdin is not None
            address, metrics_address, token = json.loads(await server.stdout.readline())
            yield address, metrics_address, token
            server.stdin.close()
            await server.wait()
        finally:
            if server.returncode is None:
                server.kill()
                await server.wait()


async def say_everything(address: str, token: str) -> str:
    """Answers, refusals, crashes and errors, all with the marker in them; what the server heard."""
    metadata = (("authorization", f"Bearer {token}"),)
    async with grpc.aio.insecure_channel(address) as channel:
        stub = pb_grpc.SpeechSearchStub(channel)

        async def converse(*requests: m.Request) -> list[m.Response]:
            call = stub.StreamingRecognize(iter(map(codec.encode_request, requests)), metadata=metadata)
            with suppress(grpc.aio.AioRpcError):
                return [codec.decode_response(response) async for response in call]
            return []

        crashing = replace(speech(1), pcm=fakes.CRASH.to_bytes(2, "little") + SOUND * 100)
        heard = await converse(CONFIG, *fakes.requests_of(speech(1)), m.SegmentStart(2), m.AudioChunk(2, 0, 0, SOUND), m.CancelSegment(2))
        await converse(CONFIG, *fakes.requests_of(speech(1, fakes.RAISE)), *fakes.requests_of(speech(2, fakes.REFUSE)))
        await converse(CONFIG, *fakes.requests_of(crashing))
        await converse(CONFIG, *fakes.requests_of(speech(1))[:-1], m.SegmentEnd(1, sample_count=3))
        for strange in (replace(CONFIG, catalogue=f"{TEXT}/.."), replace(CONFIG, language_code=TEXT), replace(CONFIG, resume_token=TEXT * 20)):
            await converse(strange)
        await converse(CONFIG, m.SessionUpdate(catalogue=TEXT), m.SessionUpdate(phrase_hints=m.PhraseHints((m.PhraseHint(TEXT * 20),))))
        await converse(CONFIG, m.SessionUpdate(access_token=f"{TEXT} token"))
        config = codec.encode(replace(CONFIG, interim_results=False))
        calls = [
            stub.Search(pb.SearchRequest(query=f"{TEXT} pie"), metadata=metadata),
            stub.Search(pb.SearchRequest(query=f'{TEXT}" AND ( :'), metadata=metadata),
            stub.Search(pb.SearchRequest(query=TEXT, catalogue=TEXT), metadata=metadata),
            stub.Recognize(pb.RecognizeRequest(config=config, audio=SOUND * 100), metadata=metadata),
            stub.Recognize(pb.RecognizeRequest(config=config, audio=SOUND + b"x"), metadata=metadata),
            stub.SubmitFeedback(
                pb.SubmitFeedbackRequest(session_id=TEXT, segment_id=1, corrected=pb.CorrectedText(transcript=TEXT)), metadata=metadata
            ),
            stub.SubmitFeedback(pb.SubmitFeedbackRequest(session_id=TEXT, segment_id=1, clicked=pb.ClickedHit(hit_id=TEXT)), metadata=metadata),
            stub.GetServerInfo(pb.GetServerInfoRequest(), metadata=(("authorization", f"Bearer {TEXT}"),)),
        ]
        await asyncio.gather(*calls, return_exceptions=True)
    finals = [response for response in heard if isinstance(response, m.Result) and response.is_final]
    return finals[0].alternatives[0].transcript


async def test_nothing_that_was_said_stays_anywhere(tmp_path: Path) -> None:
    async with running(tmp_path) as (address, metrics_address, token):
        secrets = [TEXT.encode(), SOUND, token.encode()]
        assert await say_everything(address, token) == HINTS[0].phrase, "the marker was said and heard"
        with await asyncio.to_thread(urllib.request.urlopen, f"http://{metrics_address}/metrics") as response:
            (tmp_path / "metrics").write_bytes(response.read())
        assert list(where(tmp_path, secrets)) == []
        assert any((tmp_path / "temp").iterdir()), "the server writes where it was looked"
    assert list(where(tmp_path, secrets)) == []
    log = (tmp_path / "log").read_text()
    assert "DEBUG" in log
    assert "segment 1 ends with INTERNAL" in log, "refusals are in the log, by number"


async def test_an_edge_without_a_spool_leaves_no_speech_behind(tmp_path: Path) -> None:
    """The shipped model, as a person would ask; what is shown to them is all there is."""
    recording = ROOT / "tests" / "recordings" / "pumpkin-pie.flac"
    folder = tmp_path / "edge"
    environment = surroundings(folder)
    pcm = read_pcm(recording)
    async with running(tmp_path / "server") as (address, _, token):
        edge = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "edge_client", "ask", str(recording), "--server", address, "--hint", f"{TEXT} said", "--json",
            cwd=folder, env={**environment, "HARKEN_EDGE_TOKEN": token}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        shown, said = await edge.communicate()
    assert TEXT.encode() in shown
    (folder / "stderr").write_bytes(said)
    middle = len(pcm) // 4 * 2
    assert list(where(tmp_path, [TEXT.encode(), token.encode(), pcm[middle : middle + 32]])) == []


@pytest.mark.parametrize("written", [TEXT.upper().encode(), b"1" + SOUND + b"2", repr(b"a" + SOUND).encode(), SOUND.hex().encode(), b""])
def test_the_search_finds_what_it_should(tmp_path: Path, written: bytes) -> None:
    """Negative control, with what a careless log or cache would hold; nothing in nothing."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "cache").write_bytes(written)
    assert list(where(tmp_path, [TEXT.encode(), SOUND])) == (["below/cache"] if written else [])


@pytest.mark.parametrize("skip", range(3))
def test_the_search_finds_base64_at_any_offset(tmp_path: Path, skip: int) -> None:
    (tmp_path / "cache.json").write_text(base64.b64encode(bytes(skip) + SOUND * 2).decode())
    assert list(where(tmp_path, [SOUND])) == ["cache.json"]
