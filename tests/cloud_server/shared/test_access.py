"""What an operator may say about Redis, and the sentence for what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.security.exposure import PLAINTEXT_CONSENT, PLAINTEXT_VARIABLE
from cloud_server.shared.access import PASSWORD_VARIABLE, RedisAccess, redis_access
from protos.errors import ConfigurationError

VOUCHED = {PLAINTEXT_VARIABLE: PLAINTEXT_CONSENT}


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "redis.password"
    path.touch(0o600)
    path.write_text("hush\n")
    return path


@pytest.mark.parametrize("url", [None, ""])
def test_without_an_address_there_is_no_redis(url: str | None) -> None:
    assert redis_access(url, None, None, {PASSWORD_VARIABLE: "hush"}) is None


@pytest.mark.parametrize(
    ("url", "environment", "access"),
    [
        ("redis://127.0.0.1", {}, RedisAccess("127.0.0.1", 6379)),
        ("redis://localhost:7000/3", {}, RedisAccess("localhost", 7000, 3)),
        ("redis://[::1]:7000", {}, RedisAccess("::1", 7000)),
        ("redis://harken@127.0.0.1", {PASSWORD_VARIABLE: "hush"}, RedisAccess(user="harken", password="hush")),
        ("rediss://cache.example.org", {}, RedisAccess("cache.example.org", tls=True)),
        ("redis://redis", VOUCHED, RedisAccess("redis")),
        ("unix:///run/redis.sock", {}, RedisAccess(socket="/run/redis.sock")),
    ],
)
def test_an_address_says_where_redis_is(url: str, environment: dict[str, str], access: RedisAccess) -> None:
    assert redis_access(url, None, None, environment) == access


@pytest.mark.parametrize(
    ("url", "environment", "words"),
    [
        ("redis://:hush@127.0.0.1", {}, "must not hold a password"),
        ("redis://me:hush@127.0.0.1", {}, "must not hold a password"),
        ("http://127.0.0.1", {}, "must be redis://"),
        ("127.0.0.1:6379", {}, "must be redis://"),
        ("redis://127.0.0.1?socket_timeout=60", {}, "must be redis://"),
        ("redis://127.0.0.1:seven", {}, "no address"),
        ("redis://127.0.0.1/songs", {}, "database 'songs', must be a number"),
        ("unix://host/run/redis.sock", {}, "must be redis://"),
        ("redis://harken@127.0.0.1", {}, "user 'harken', whose password is missing"),
        ("redis://cache.example.org", {}, "beyond this machine"),
    ],
)
def test_what_cannot_be_is_one_sentence_without_a_secret(url: str, environment: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as refusal:
        redis_access(url, None, None, environment)
    assert "hush" not in str(refusal.value)


def test_a_password_comes_from_a_file_that_only_its_owner_may_read(password: Path) -> None:
    access = redis_access("redis://harken@127.0.0.1", password, None, {})
    assert access is not None
    assert access.credentials() == ("harken", "hush")
    assert "hush" not in repr(access)
    password.write_text("another")
    assert access.credentials() == ("harken", "another")
    password.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        redis_access("redis://127.0.0.1", password, None, {})


def test_a_password_of_the_environment_is_shown_nowhere() -> None:
    access = redis_access("redis://127.0.0.1", None, None, {PASSWORD_VARIABLE: "hush"})
    assert access is not None
    assert access.credentials() == ("hush",)
    assert "hush" not in repr(access)


def test_without_a_password_none_is_sent() -> None:
    assert RedisAccess().credentials() is None


def test_what_contradicts_itself_is_refused(password: Path, tmp_path: Path) -> None:
    for url, file, ca, environment, words in (
        ("redis://127.0.0.1", password, None, {PASSWORD_VARIABLE: "x"}, "once"),
        (None, password, None, {}, "not given"),
        (None, None, tmp_path, {}, "not given"),
        ("redis://127.0.0.1", None, password, {}, "rediss://"),
        ("rediss://127.0.0.1", None, tmp_path / "none.pem", {}, "no such file"),
        ("redis://127.0.0.1", tmp_path / "none", None, {}, "No such file"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            redis_access(url, file, ca, environment)
    password.write_text("\n")
    with pytest.raises(ConfigurationError, match="is empty"):
        redis_access("redis://127.0.0.1", password, None, {})
