"""A repeat is answered by whichever server it comes to; what is not a repeat asks nobody."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.redis_server import RedisServer
from cloud_server.finals import Final, SegmentKey
from cloud_server.metrics import Metrics
from cloud_server.shared.answers import Answers
from cloud_server.shared.store import Store
from protos import messages as m
from tests.cloud_server.shared.conftest import PATIENT_S, asked

SESSION = m.Session("session", "token")
RESUMED = replace(SESSION, resumed=True)
KEY = SegmentKey("session", 1, 7)
ANSWER = Final(
    m.Result(1, m.FinalReason.RECOGNIZED, (m.Hypothesis("carrot soup", 0.5),), is_final=True), m.SearchResults(1, (m.SearchHit("1", "Carrot Soup"),))
)


async def test_another_server_finds_the_answer_and_from_then_on_knows_it(store: Store, redis_server: RedisServer) -> None:
    Answers(store).keep(KEY, SESSION, "kitchen", ANSWER, 0.0)
    await store.flush(PATIENT_S)
    other = Answers(store)
    assert await other.find(KEY, RESUMED, "kitchen", 0.0) == ANSWER
    redis_server.kill()
    assert await other.find(KEY, RESUMED, "kitchen", 0.0) == ANSWER
    assert other.remembered(KEY, 0.0) == ANSWER


async def test_nobody_finds_the_answer_of_another_session_segment_audio_or_tenant(store: Store) -> None:
    Answers(store).keep(KEY, SESSION, "kitchen", ANSWER, 0.0)
    await store.flush(PATIENT_S)
    other = Answers(store)
    assert await other.find(KEY._replace(segment_id=2), RESUMED, "kitchen", 0.0) is None
    assert await other.find(KEY._replace(crc32c=8), RESUMED, "kitchen", 0.0) is None
    assert await other.find(KEY, replace(RESUMED, resume_token="guess"), "kitchen", 0.0) is None
    assert await other.find(KEY, RESUMED, "hall", 0.0) is None


async def test_a_new_session_asks_nobody(store: Store, metrics: Metrics) -> None:
    assert await Answers(store).find(KEY, SESSION, "kitchen", 0.0) is None
    assert asked(metrics) == {}


async def test_the_first_answer_stands_wherever_it_was_given(store: Store) -> None:
    second = Final(replace(ANSWER.result, alternatives=(m.Hypothesis("parrot soup"),)), None)
    for final in (ANSWER, second):
        Answers(store).keep(KEY, SESSION, "kitchen", final, 0.0)
    await store.flush(PATIENT_S)
    assert await Answers(store).find(KEY, RESUMED, "kitchen", 0.0) == ANSWER


async def test_a_spoilt_answer_is_none_and_the_next_one_takes_its_place(store: Store, redis_server: RedisServer, metrics: Metrics) -> None:
    Answers(store).keep(KEY, SESSION, "kitchen", ANSWER, 0.0)
    await store.flush(PATIENT_S)
    assert redis_server.spoil() == 1
    again = Answers(store)
    assert await again.find(KEY, RESUMED, "kitchen", 0.0) is None
    again.keep(KEY, SESSION, "kitchen", ANSWER, 0.0)
    await store.flush(PATIENT_S)
    assert await Answers(store).find(KEY, RESUMED, "kitchen", 0.0) == ANSWER
    assert asked(metrics) == {"write stored": 2, "read corrupt": 1, "write removed": 1, "read hit": 1}


async def test_without_redis_a_server_knows_its_own_answers(store: Store, redis_server: RedisServer) -> None:
    redis_server.kill()
    answers = Answers(store)
    answers.keep(KEY, SESSION, "kitchen", ANSWER, 0.0)
    assert await answers.find(KEY, RESUMED, "kitchen", 0.0) == ANSWER
    assert await answers.find(KEY._replace(segment_id=2), RESUMED, "kitchen", 0.0) is None


async def test_redis_sees_no_word_no_tenant_and_no_token(store: Store, redis_server: RedisServer) -> None:
    Answers(store).keep(KEY, SESSION, "kitchen", ANSWER, 0.0)
    await store.flush(PATIENT_S)
    ((name, value),) = redis_server.values().items()
    for secret in (b"carrot", b"Carrot", b"kitchen", b"token"):
        assert secret not in name
        assert secret not in value
