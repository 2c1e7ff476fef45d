"""Redis as a store that nobody has to wait for: reads for so long and no longer, writes behind everybody's back, neither when it fails.

Whatever goes wrong here costs a value that might have been there, so callers hear one thing, `Unavailable`; people find out why in log and metrics.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from cloud_server.metrics import Metrics
from cloud_server.shared.access import RedisAccess
from cloud_server.shared.breaker import Breaker
from cloud_server.shared.seat import Corrupt
from protos.errors import ConfigurationError

T = TypeVar("T")
Operation = Literal["read", "write", "watch"]
"""watch: reads that nobody waits for."""
MAX_VALUE_BYTES = 256 * 1024
"""Ten alternatives of 30 s and fifty hits are a third of it."""
MAX_WAITING_WRITES = 1000
CONNECTIONS = 16
PROBE_SLACK = 0.2
"""How late a probe may be, as a share of the time between two."""
FLUSH_S = 0.5
"""At the end of a server, for what it wrote last."""
log = logging.getLogger(__name__)


class Unavailable(Exception):
    """The store was not asked, or did not answer: what it holds is not known."""


@dataclass(frozen=True, slots=True)
class _Write:
    name: str
    content: Callable[[], bytes] | None
    """Made when its turn comes, not while somebody waits for an answer; None: the value is to vanish."""
    ttl_s: float = 0.0
    only_new: bool = False


class Store:
    """One for a server; `running_store` makes it and keeps it writing."""

    def __init__(self, access: RedisAccess, metrics: Metrics, clock: Callable[[], float]) -> None:
        """Opens nothing yet."""
        self.access = access
        self._redis, self._metrics, self._clock = connect(access), metrics, clock
        self._breaker = Breaker(probe_every_s=access.check_every_s)
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._asking: set[asyncio.Task[Any]] = set()
        self._writes: asyncio.Queue[_Write] = asyncio.Queue(MAX_WAITING_WRITES)
        self._complaint = ""
        """The last one: a line for each kind in the log, not for each request."""

    @property
    def is_left_alone(self) -> bool:
        """It failed too often: nothing is asked of it for now."""
        return self._breaker.is_open

    async def read(self, name: str, opened: Callable[[bytes], T], *, hurried: bool = False, operation: Operation = "read") -> T | None:
        """None: nothing is there, or nothing that can be `opened`, and then it is removed. hurried: an answer waits. Raises: Unavailable."""
        value: bytes | None = await self._ask(operation, lambda: self._redis.get(name), self.access.hurried_s if hurried else None)
        if value is None:
            self._metrics.cache_asked(operation, "miss")
            return None
        try:
            if len(value) > MAX_VALUE_BYTES:
                raise Corrupt(f"{len(value)} bytes, at most {MAX_VALUE_BYTES} are ever written")
            content = opened(value)
        except Corrupt as error:
            self._complain(f"holds values that are not ours, and they go: {error}")
            self._metrics.cache_asked(operation, "corrupt")
            self._later(_Write(name, None))
            return None
        self._metrics.cache_asked(operation, "hit")
        return content

    def put(self, name: str, content: Callable[[], bytes], ttl_s: float, *, only_new: bool = False) -> None:
        """Never waits, never raises; the value is there soon, or it is not. only_new: what is there already stands."""
        self._later(_Write(name, content, ttl_s, only_new))

    async def greet(self) -> None:
        """Say in the log whether it answers."""
        if (error := await self._pinged()) is None:
            log.info("Redis at %s keeps answers and sessions for other servers too", self.access.place)
        else:
            log.warning("Redis at %s cannot be used (%s); answers and sessions are kept in this server alone", self.access.place, _sentence(error))

    async def probe(self) -> None:
        """Ask a store that is left alone whether it is back, if it is time to."""
        if self._breaker.take_probe(self._clock()) and await self._pinged() is None:
            self._breaker.succeeded()
            self._metrics.cache_breaker_open.set(0)
            log.info("Redis at %s is back", self.access.place)

    async def _pinged(self) -> Exception | None:
        try:
            await self._within(self.access.operation_s, lambda: self._redis.ping())
        except (RedisError, OSError, TimeoutError) as error:
            return error
        return None

    async def probe_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.access.check_every_s * PROBE_SLACK)
            await self.probe()

    async def write_for_ever(self) -> None:
        while True:
            write = await self._writes.get()
            try:
                await self._write(write)
            except Unavailable:
                pass  # counted; the value stays in this server
            except Exception:
                log.exception("a value could not be written to Redis")
                self._metrics.cache_asked("write", "error")
            finally:
                self._writes.task_done()

    async def close(self) -> None:
        """No request is left; nobody may ask any more."""
        for task in list(self._asking):
            task.cancel()
        if self._asking:
            await asyncio.wait(self._asking)
        await self._redis.aclose()

    async def flush(self, within_s: float = FLUSH_S) -> None:
        """Wait for what was put; not for long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._writes.join()

    def _later(self, write: _Write) -> None:
        if self._breaker.is_open:
            self._metrics.cache_asked("write", "bypass")
            return
        try:
            self._writes.put_nowait(write)
        except asyncio.QueueFull:
            self._metrics.cache_asked("write", "dropped")

    async def _write(self, write: _Write) -> None:
        if write.content is None:
            await self._ask("write", lambda: self._redis.delete(write.name))
            self._metrics.cache_asked("write", "removed")
            return
        value = write.content()
        if len(value) > MAX_VALUE_BYTES:
            self._metrics.cache_asked("write", "oversized")
            return
        await self._ask("write", lambda: self._redis.set(write.name, value, px=round(write.ttl_s * 1000), nx=write.only_new))
        self._metrics.cache_asked("write", "stored")

    async def _ask(self, operation: Operation, request: Callable[[], Awaitable[Any]], wait_s: float | None = None) -> Any:
        """Counts what fails; what succeeds means different things to each caller. Raises: Unavailable."""
        if self._breaker.is_open:
            self._metrics.cache_asked(operation, "bypass")
            raise Unavailable
        begin_s = self._clock()
        try:
            answer = await self._within(self.access.operation_s if wait_s is None else wait_s, request)
        except ResponseError as error:
            # It answers, and says no: full, read-only, or no right to this. It may still hold what others ask for, so it is asked again.
            self._answered(operation, "refused", begin_s)
            self._complain(f"refuses: {error}")
            raise Unavailable from error
        except (RedisError, OSError, TimeoutError) as error:
            outcome = "refused" if isinstance(error, AuthenticationError) else "error"
            self._failed(operation, outcome, begin_s, error)
            raise Unavailable from error
        self._answered(operation, None, begin_s)
        return answer

    async def _within(self, wait_s: float, request: Callable[[], Awaitable[Any]]) -> Any:
        """Raises: TimeoutError, whether or not the request lets go: one in 200 that redis-py was told to drop did not (measured)."""
        task = asyncio.create_task(self._in_turn(request))
        self._asking.add(task)
        task.add_done_callback(self._asked)
        try:
            await asyncio.wait({task}, timeout=wait_s)
            if task.done():
                return task.result()
            raise TimeoutError(f"no answer in {1000 * wait_s:g} ms")
        finally:
            task.cancel()

    async def _in_turn(self, request: Callable[[], Awaitable[Any]]) -> Any:
        async with self._turns:
            return await request()

    def _asked(self, task: asyncio.Task[Any]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            task.exception()  # told to who waits; nobody may be left to tell

    def _answered(self, operation: Operation, outcome: str | None, begin_s: float) -> None:
        self._metrics.cache_seconds.observe(self._clock() - begin_s)
        if outcome is not None:
            self._metrics.cache_asked(operation, outcome)
        self._breaker.succeeded()
        self._metrics.cache_breaker_open.set(0)

    def _failed(self, operation: Operation, outcome: str, begin_s: float, error: Exception) -> None:
        now_s = self._clock()
        self._metrics.cache_seconds.observe(now_s - begin_s)
        self._metrics.cache_asked(operation, outcome)
        was_open = self._breaker.is_open
        self._breaker.failed(now_s)
        if self._breaker.is_open and not was_open:
            self._metrics.cache_breaker_open.set(1)
            log.warning("Redis at %s is left alone for now (%s)", self.access.place, _sentence(error))

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            self._complaint = complaint
            log.error("Redis at %s %s", self.access.place, complaint)


@asynccontextmanager
async def running_store(access: RedisAccess, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[Store]:
    """Starts whether or not Redis is there. Leaving the block writes what was put last."""
    store = Store(access, metrics, clock)
    await store.greet()
    tasks = [asyncio.create_task(task) for task in (store.write_for_ever(), store.probe_for_ever())]
    try:
        yield store
        await store.flush()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await store.close()


def connect(access: RedisAccess) -> Redis:
    """Opens nothing yet."""
    options: dict[str, Any] = {"socket_timeout": access.operation_s, "db": access.database, "credential_provider": _Credentials(access)}
    kind: type[Connection | UnixDomainSocketConnection] = Connection
    if access.socket:
        kind, options["path"] = UnixDomainSocketConnection, access.socket
    else:
        options |= {"host": access.host, "port": access.port, "socket_connect_timeout": access.operation_s}
        if access.tls:
            kind, options["ssl_ca_certs"] = SSLConnection, str(access.ca) if access.ca else None
    # RESP 2 needs no HELLO; without driver_info nothing is said that the user of docs/security.md has no right to.
    options |= {"protocol": 2, "driver_info": None, "retry": Retry(NoBackoff(), 0)}
    return Redis.from_pool(ConnectionPool(kind, CONNECTIONS, **options))


class _Credentials(CredentialProvider):
    def __init__(self, access: RedisAccess) -> None:
        self._access = access

    def get_credentials(self) -> Any:
        """Asked for every connection. Raises: AuthenticationError: the file cannot be used any more."""
        try:
            return self._access.credentials()
        except ConfigurationError as error:
            raise AuthenticationError(str(error)) from error

    async def get_credentials_async(self) -> Any:
        return self.get_credentials()


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
