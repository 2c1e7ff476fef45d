"""A Redis for tests does what its methods say: it comes back where it was, hangs, and has every value spoilt."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from benchmarks.redis_server import running_redis
from protos.errors import ConfigurationError
from tests.programs import program


def test_it_comes_back_at_the_same_place_and_empty(tmp_path: Path) -> None:
    with running_redis(program("redis-server"), tmp_path) as server:
        server.ask("SET", "a", "1")
        assert server.values() == {b"a": b"1"}
        port = server.port
        server.kill()
        with pytest.raises(redis.exceptions.ConnectionError):
            redis.Redis(port=port, protocol=2, retry=None).ping()
        server.start()
        assert server.port == port
        assert server.values() == {}


def test_it_hangs_and_goes_on(tmp_path: Path) -> None:
    with running_redis(program("redis-server"), tmp_path) as server:
        server.hang()
        with redis.Redis(port=server.port, protocol=2, socket_timeout=0.05, retry=None) as client, pytest.raises(redis.exceptions.TimeoutError):
            client.ping()
        server.go_on()
        assert server.ask("PING")


def test_it_spoils_what_it_holds(tmp_path: Path) -> None:
    with running_redis(program("redis-server"), tmp_path) as server:
        server.ask("SET", "a", "1", "EX", "100")
        assert server.spoil() == 1
        assert server.values() == {b"a": b"spoilt"}
        assert 0 < server.ask("TTL", "a") <= 100


def test_it_is_locked_and_unlocked_filled_and_emptied(tmp_path: Path) -> None:
    with running_redis(program("redis-server"), tmp_path) as server, redis.Redis(port=server.port, protocol=2, retry=None) as client:
        assert client.ping()
        server.lock()
        for _ in range(2):  # the first finds its connection gone
            with pytest.raises(redis.exceptions.ConnectionError) as refused:
                client.ping()
        assert isinstance(refused.value, redis.exceptions.AuthenticationError)
        server.unlock()
        server.fill()
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            client.set("a", "1")
        server.empty()
        assert client.set("a", "1")


def test_what_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not start"), running_redis(program("redis-server"), tmp_path, "--maxmemory", "much"):
        pass
