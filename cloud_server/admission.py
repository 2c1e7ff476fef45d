"""What one tenant may ask of this server: streams at once, audio waiting at once, audio a minute. Pure: time enters as `now_s`.

Quotas bound what a tenant can take; `schedule` shares out what is left when many take it together. Audio a minute is a token bucket a quarter of
a minute deep: people speak in bursts.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice

from protos.errors import ConfigurationError, QuotaExceeded, TooFast

SECONDS_A_MINUTE = 60.0
BURST_MINUTES = 0.25
# Somebody has to stop talking first; nobody knows when.
STREAM_RETRY_AFTER_S = 5.0
QUEUE_RETRY_AFTER_S = 0.5


@dataclass(frozen=True, slots=True)
class Quota:
    """None: only the server's own limits hold."""

    max_streams: int | None = None
    max_queued_audio_s: float | None = None
    """Waiting or being recognised."""
    audio_s_per_minute: float | None = None

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigurationError(f"{name} is {value:g}, must be more than 0")


UNLIMITED = Quota()


@dataclass(slots=True)
class _Account:
    streams: int = 0
    segments: int = 0
    audio_s: float = 0.0
    """Of these segments."""
    spent_s: float = 0.0
    """Of the bucket, at `seen_s`; it fills again with time."""
    seen_s: float = 0.0


@dataclass(slots=True)
class Admission:
    """Not thread-safe: one owner, one event loop. Memory: tenants with something open, or seen in the last minutes."""

    quota: Quota = UNLIMITED
    _accounts: OrderedDict[str, _Account] = field(default_factory=OrderedDict, init=False)
    """Least recently looked at first."""

    def __len__(self) -> int:
        return len(self._accounts)

    def open_stream(self, tenant: str, now_s: float) -> None:
        """Raises: QuotaExceeded."""
        account, most = self._seen(tenant, now_s), self.quota.max_streams
        if most is not None and account.streams >= most:
            raise QuotaExceeded(f"{account.streams} streams are open, {most} are allowed", STREAM_RETRY_AFTER_S)
        account.streams += 1

    def close_stream(self, tenant: str, now_s: float) -> None:
        self._seen(tenant, now_s).streams -= 1

    def admit(self, tenant: str, audio_s: float, now_s: float) -> None:
        """Before a segment is queued; `release` when it is answered.

        Raises: QuotaExceeded: too much waits. TooFast: too much was asked for in the last minute. Both say when to come back.
        """
        account, quota = self._seen(tenant, now_s), self.quota
        # As with the server's own queue, whoever has nothing waiting may ask for a segment of any length.
        if quota.max_queued_audio_s is not None and account.segments and account.audio_s + audio_s > quota.max_queued_audio_s:
            raise QuotaExceeded(f"{account.audio_s:.1f} s of your audio wait, {quota.max_queued_audio_s:g} s are allowed", QUEUE_RETRY_AFTER_S)
        if quota.audio_s_per_minute is not None:
            excess_s = account.spent_s + audio_s - quota.audio_s_per_minute * BURST_MINUTES
            if account.spent_s > 0 and excess_s > 0:
                wait_s = min(excess_s, account.spent_s) / quota.audio_s_per_minute * SECONDS_A_MINUTE
                raise TooFast(f"more than {quota.audio_s_per_minute:g} s of audio a minute were sent", round(wait_s, 2))
            account.spent_s += audio_s
        account.segments += 1
        account.audio_s += audio_s

    def release(self, tenant: str, audio_s: float, now_s: float) -> None:
        account = self._seen(tenant, now_s)
        account.segments -= 1
        account.audio_s = account.audio_s - audio_s if account.segments else 0.0

    def _seen(self, tenant: str, now_s: float) -> _Account:
        self._forget(now_s)
        account = self._accounts.setdefault(tenant, _Account(seen_s=now_s))
        self._refill(account, now_s)
        self._accounts.move_to_end(tenant)
        return account

    def _refill(self, account: _Account, now_s: float) -> None:
        elapsed_s, account.seen_s = max(0.0, now_s - account.seen_s), now_s
        account.spent_s = max(0.0, account.spent_s - elapsed_s / SECONDS_A_MINUTE * (self.quota.audio_s_per_minute or 0.0))

    def _forget(self, now_s: float) -> None:
        """At most two for each call, so that no call is slow and what is forgotten outruns what is new."""
        for tenant in list(islice(self._accounts, 2)):
            account = self._accounts[tenant]
            self._refill(account, now_s)
            if account.streams or account.segments or account.spent_s > 0:
                self._accounts.move_to_end(tenant)
            else:
                del self._accounts[tenant]
