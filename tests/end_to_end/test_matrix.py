"""Every feature together with every other, on real recordings: the final result is what the recogniser alone hears, word for word."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, fields, replace
from itertools import combinations, product
from pathlib import Path

import grpc
import pytest

from cloud_server.app import running_server
from cloud_server.config import Config
from cloud_server.worker_process import RecogniserSpec
from models.bundle import default_bundle_dir, load_bundle
from models.decode.vocabulary import Vocabulary
from models.recognizer import Recognizer
from models.transcribe import read_pcm
from protos import messages as m
from tests import fakes
from tests.cloud_server.test_service import Conversation

RECORDINGS = 3
ALTERNATIVES = 5
INTERIM_WAIT_S = 3.0
# Of which no recording says a word: what is hinted at and what titles are called may change only what names them.
HINT, TITLES = "okapi xylophone", ("gochujang okapi", "zucchini xylophone quartet")
Answers = list[tuple[str, float]]
"""Transcript and confidence of each alternative."""


@dataclass(frozen=True, slots=True)
class Asked:
    interims: bool
    alternatives: bool
    hints: bool
    word_times: bool
    repeat: bool
    titles: bool
    catch_up: bool


# An orthogonal array of strength 2: eight sessions in which each two features are both there, both absent, and either alone.
MATRIX = [Asked(a, b, c, a ^ b, a ^ c, b ^ c, a ^ b ^ c) for a, b, c in product((False, True), repeat=3)]


def test_each_feature_meets_each_other_in_every_way() -> None:
    for one, other in combinations([field.name for field in fields(Asked)], 2):
        assert {(getattr(asked, one), getattr(asked, other)) for asked in MATRIX} == set(product((False, True), repeat=2)), (one, other)


@asynccontextmanager
async def channels(folder: Path) -> AsyncIterator[dict[bool, grpc.aio.Channel]]:
    """To a server with the bundle's own words, and to one that knows titles too."""
    own = Vocabulary.of(load_bundle(default_bundle_dir()))
    Vocabulary(own.lexicon, own.language_model, gzip.compress("\n".join(TITLES).encode())).write(folder / "words")
    async with AsyncExitStack() as stack:
        opened = {}
        for titles in (False, True):
            words = (str(folder / "words"),) if titles else ()
            spec = RecogniserSpec("cloud_server.worker_process:load_recogniser", (str(default_bundle_dir()), *words))
            server = await stack.enter_async_context(running_server(Config(port=0, metrics_port=0, workers=1), spec))
            opened[titles] = await stack.enter_async_context(grpc.aio.insecure_channel(server.address))
        yield opened


async def ask(channel: grpc.aio.Channel, asked: Asked, segment: m.Segment) -> m.Result:
    config = m.StreamingConfig(
        max_alternatives=ALTERNATIVES if asked.alternatives else 1,
        interim_results=asked.interims,
        phrase_hints=(m.PhraseHint(HINT),) if asked.hints else (),
        enable_word_time_offsets=asked.word_times,
    )
    requests = fakes.requests_of(segment, m.Priority.CATCHUP if asked.catch_up else m.Priority.LIVE)
    session, result = await say(channel, config, requests)
    if asked.repeat:
        again, repeated = await say(channel, replace(config, resume_token=session.resume_token), requests)
        assert again.resumed
        assert repeated == result
    return result


async def say(channel: grpc.aio.Channel, config: m.StreamingConfig, requests: list[m.Request]) -> tuple[m.Session, m.Result]:
    """The session, and its one final result. Where interim results are asked for, the segment ends after the first, or where none comes soon."""
    conversation = Conversation(channel)
    *spoken, end = requests
    await conversation.say(config, *spoken)
    session = await conversation.hear()
    assert isinstance(session, m.Session)
    rest = asyncio.create_task(everything(conversation, first := asyncio.Event()))
    if config.interim_results and not config.resume_token:
        with suppress(TimeoutError):  # a busy machine drops them, which no answer may depend on either
            async with asyncio.timeout(INTERIM_WAIT_S):
                await first.wait()
    await conversation.say(end)
    await conversation.half_close()
    results = [response for response in await rest if isinstance(response, m.Result)]
    (final,) = [result for result in results if result.is_final]
    assert config.interim_results or results == [final]
    return session, final


async def everything(conversation: Conversation, first: asyncio.Event) -> list[m.Response]:
    """Until the server ends the session. first: set with the first result."""
    heard = list[m.Response]()
    async for response in conversation.responses():
        heard.append(response)
        if isinstance(response, m.Result):
            first.set()
    return heard


def texts(alternatives: tuple[m.Hypothesis, ...]) -> Answers:
    return [(one.transcript, round(one.confidence, 5)) for one in alternatives]


@pytest.mark.shared
@pytest.mark.timeout(300)
async def test_no_feature_changes_what_is_heard_at_last_whatever_else_is_asked_for(shared_dir: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (shared_dir / "speech" / "test.jsonl").read_text().splitlines()]
    paths = [shared_dir / "speech" / rows[index * len(rows) // RECORDINGS]["audio"] for index in range(RECORDINGS)]
    segments = [m.Segment(number, 0, read_pcm(path)) for number, path in enumerate(paths, 1)]
    recognizer = Recognizer(load_bundle(default_bundle_dir()))
    alone = [texts(recognizer.recognize(segment.pcm, 0).alternatives) for segment in segments]
    assert all(alone)
    async with channels(tmp_path) as opened:
        for asked, (segment, expected) in product(MATRIX, zip(segments, alone, strict=True)):
            result = await ask(opened[asked.titles], asked, segment)
            assert texts(result.alternatives) == expected[: ALTERNATIVES if asked.alternatives else 1], (asked, segment.segment_id)
            timed = [word.end_offset > 0 for alternative in result.alternatives for word in alternative.words]
            assert all(timed) if asked.word_times else not any(timed)
