"""Redis that is there, that is not, that hangs, refuses, is full, and holds nonsense: what a caller hears, and what is counted."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from pathlib import Path

import pytest
from redis.exceptions import NoPermissionError

from benchmarks.redis_server import RedisServer, free_port, running_redis
from cloud_server.metrics import Metrics
from cloud_server.security.certificates import write_dev_certificates
from cloud_server.shared.access import RedisAccess
from cloud_server.shared.seat import Corrupt
from cloud_server.shared.store import MAX_VALUE_BYTES, MAX_WAITING_WRITES, Store, Unavailable, connect, running_store
from tests.cloud_server.shared.conftest import PATIENT_S, Clock, asked, patient
from tests.programs import program

NAME = "asr:answer:x"


def whole(value: bytes) -> bytes:
    return value


def spoilt(value: bytes) -> bytes:
    raise Corrupt(f"{len(value)} bytes")


def shows_open(metrics: Metrics) -> bool:
    return metrics.registry.get_sample_value("asr_cache_breaker_open") == 1


async def fail(store: Store, times: int, *, hurried: bool = False) -> None:
    for _ in range(times):
        with pytest.raises(Unavailable):
            await store.read(NAME, whole, hurried=hurried)


async def test_what_was_put_is_read_and_ends_at_its_time(store: Store, redis_server: RedisServer, metrics: Metrics) -> None:
    assert await store.read(NAME, whole) is None
    store.put(NAME, lambda: b"pie", 600.0)
    await store.flush(PATIENT_S)
    assert await store.read(NAME, whole) == b"pie"
    assert 599_000 < redis_server.ask("PTTL", NAME) <= 600_000
    assert asked(metrics) == {"read miss": 1, "write stored": 1, "read hit": 1}


async def test_the_first_answer_stands_where_it_is_asked_to(store: Store) -> None:
    for text in (b"first", b"second"):
        store.put(NAME, lambda text=text: text, 600.0, only_new=True)  # type: ignore[misc]
    await store.flush(PATIENT_S)
    assert await store.read(NAME, whole) == b"first"


async def test_what_cannot_be_opened_is_a_miss_and_goes(store: Store, redis_server: RedisServer, metrics: Metrics) -> None:
    redis_server.ask("SET", NAME, "nonsense")
    assert await store.read(NAME, spoilt) is None
    await store.flush(PATIENT_S)
    assert redis_server.values() == {}
    assert asked(metrics) == {"read corrupt": 1, "write removed": 1}


async def test_no_value_is_too_large_to_be_refused_either_way(store: Store, redis_server: RedisServer, metrics: Metrics) -> None:
    store.put(NAME, lambda: bytes(MAX_VALUE_BYTES + 1), 600.0)
    await store.flush(PATIENT_S)
    assert redis_server.values() == {}
    redis_server.ask("SET", NAME, bytes(MAX_VALUE_BYTES + 1))
    assert await store.read(NAME, whole) is None
    assert asked(metrics) == {"write oversized": 1, "read corrupt": 1}


async def test_a_value_of_another_kind_under_our_name_is_a_refusal_and_no_end(store: Store, redis_server: RedisServer, metrics: Metrics) -> None:
    redis_server.ask("LPUSH", NAME, "x")
    await fail(store, 10)
    assert asked(metrics) == {"read refused": 10}
    assert not store.is_left_alone


async def test_one_that_is_down_is_left_alone_after_five_failures_and_asked_again(
    store: Store, redis_server: RedisServer, metrics: Metrics, clock: Clock
) -> None:
    redis_server.kill()
    await fail(store, 7)
    assert asked(metrics) == {"read error": 5, "read bypass": 2}
    assert shows_open(metrics)
    store.put(NAME, lambda: b"lost", 600.0)
    assert asked(metrics)["write bypass"] == 1
    clock.now_s += 5.0
    await store.probe()
    assert store.is_left_alone
    redis_server.start()
    clock.now_s += 4.9
    await store.probe()
    assert store.is_left_alone, "the next probe is not due yet"
    clock.now_s += 0.1
    await store.probe()
    assert not store.is_left_alone
    assert not shows_open(metrics)
    assert await store.read(NAME, whole) is None


async def test_one_that_hangs_costs_five_waits_and_is_used_again_when_it_goes_on(
    hurried_store: Store, redis_server: RedisServer, metrics: Metrics, clock: Clock
) -> None:
    hurried_store.put(NAME, lambda: b"pie", 600.0)
    await hurried_store.flush(PATIENT_S)
    redis_server.hang()
    await fail(hurried_store, 100, hurried=True)
    assert asked(metrics) == {"write stored": 1, "read error": 5, "read bypass": 95}
    redis_server.go_on()
    clock.now_s += 5.0
    await hurried_store.probe()
    assert await hurried_store.read(NAME, whole) == b"pie"


async def test_many_who_wait_for_one_that_hangs_leave_no_connection_behind(hurried_store: Store, redis_server: RedisServer, clock: Clock) -> None:
    redis_server.hang()
    results = await asyncio.gather(*(hurried_store.read(NAME, whole, hurried=True) for _ in range(200)), return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    redis_server.go_on()
    clock.now_s += 5.0
    await hurried_store.probe()
    assert await asyncio.gather(*(hurried_store.read(NAME, whole) for _ in range(200))) == [None] * 200


async def test_writes_that_wait_are_bounded_and_one_that_hangs_is_asked_five_times(redis_server: RedisServer, metrics: Metrics) -> None:
    redis_server.hang()
    async with running_store(RedisAccess(port=redis_server.port), metrics) as store:
        for _ in range(MAX_WAITING_WRITES + 3):
            store.put(NAME, lambda: b"pie", 600.0)
        assert asked(metrics) == {"write dropped": 3}
        await store.flush(PATIENT_S)
    assert asked(metrics) == {"write dropped": 3, "write error": 5, "write bypass": MAX_WAITING_WRITES - 5}


async def test_a_full_one_keeps_nothing_new_and_still_answers_what_it_holds(store: Store, redis_server: RedisServer, metrics: Metrics) -> None:
    store.put(NAME, lambda: b"pie", 600.0)
    await store.flush(PATIENT_S)
    redis_server.fill()
    for _ in range(10):
        store.put("asr:answer:y", lambda: b"cake", 600.0)
    await store.flush(PATIENT_S)
    assert asked(metrics) == {"write stored": 1, "write refused": 10}
    assert await store.read(NAME, whole) == b"pie"


async def test_a_value_that_cannot_be_made_is_one_write_lost(store: Store, metrics: Metrics) -> None:
    store.put(NAME, lambda: bytes(1 // 0), 600.0)
    store.put(NAME, lambda: b"pie", 600.0)
    await store.flush(PATIENT_S)
    assert await store.read(NAME, whole) == b"pie"
    assert asked(metrics)["write error"] == 1


async def test_a_wrong_password_is_refused_at_once_and_a_new_one_needs_no_restart(
    tmp_path: Path, metrics: Metrics, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    password = tmp_path / "redis.password"
    password.touch(0o600)
    password.write_text("wrong-one\n")
    with running_redis(program("redis-server"), tmp_path, "--requirepass", "right-one") as server:
        async with running_store(patient(server, password_file=password), metrics, clock) as store:
            await fail(store, 6)
            assert asked(metrics) == {"read refused": 5, "read bypass": 1}
            password.write_text("right-one\n")
            clock.now_s += 5.0
            await store.probe()
            assert await store.read(NAME, whole) is None
    assert "AuthenticationError" in caplog.text
    assert "wrong-one" not in caplog.text


async def test_a_password_file_that_vanishes_is_an_error_like_any_other(redis_server: RedisServer, metrics: Metrics, tmp_path: Path) -> None:
    async with running_store(patient(redis_server, password_file=tmp_path / "gone"), metrics) as store:
        await fail(store, 1)
    assert asked(metrics) == {"read refused": 1}


async def test_a_user_with_the_rights_that_security_md_names_needs_no_more(root: Path, redis_server: RedisServer, metrics: Metrics) -> None:
    (line,) = [line for line in (root / "docs" / "security.md").read_text().splitlines() if line.startswith("ACL SETUSER harken ")]
    redis_server.ask(*line.replace("PASSWORD", "secret").split())
    redis_server.ask("ACL", "SETUSER", "default", "off")
    access = patient(redis_server, user="harken", password="secret")
    async with running_store(access, metrics) as store:
        store.put(NAME, lambda: b"pie", 600.0)
        await store.flush(PATIENT_S)
        assert await store.read(NAME, whole) == b"pie"
        assert await store.read(NAME, spoilt) is None
        await store.flush(PATIENT_S)
        assert asked(metrics) == {"write stored": 1, "read hit": 1, "read corrupt": 1, "write removed": 1}
        with pytest.raises(Unavailable):
            await store.read("somebody:else", whole)
        assert asked(metrics)["read refused"] == 1
    async with connect(access) as redis:
        with pytest.raises(NoPermissionError):
            await redis.keys("*")


async def test_through_tls_to_who_has_a_certificate_of_the_named_ca(tmp_path: Path, metrics: Metrics) -> None:
    for name in ("ours", "foreign"):
        write_dev_certificates(tmp_path / name, (), dt.datetime.now(dt.UTC))
    certs = tmp_path / "ours"
    tls = ("--tls-cert-file", f"{certs}/server.pem", "--tls-key-file", f"{certs}/server.key", "--tls-ca-cert-file", f"{certs}/ca.pem")
    with running_redis(program("redis-server"), tmp_path, *tls, "--tls-auth-clients", "no") as server:
        port = free_port()
        server.ask("CONFIG", "SET", "tls-port", port)
        async with running_store(RedisAccess(port=port, tls=True, ca=certs / "ca.pem", operation_s=PATIENT_S), metrics) as store:
            assert await store.read(NAME, whole) is None
        async with running_store(RedisAccess(port=port, tls=True, ca=tmp_path / "foreign" / "ca.pem", operation_s=PATIENT_S), metrics) as store:
            await fail(store, 1)


async def test_through_a_unix_socket(tmp_path: Path, metrics: Metrics) -> None:
    socket = tmp_path / "redis.sock"
    with running_redis(program("redis-server"), tmp_path, "--unixsocket", str(socket)):
        async with running_store(RedisAccess(socket=str(socket), operation_s=PATIENT_S), metrics) as store:
            assert await store.read(NAME, whole) is None


async def test_a_server_starts_without_its_redis_and_says_so_once(metrics: Metrics, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with running_store(RedisAccess(port=1), metrics) as store:
            await fail(store, 1)
    assert caplog.text.count("Redis at 127.0.0.1:1 cannot be used") == 1
