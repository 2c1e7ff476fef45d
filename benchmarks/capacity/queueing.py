"""What queueing theory knows in closed form: where a simulation must agree, and where a search for replicas begins. Pure."""

from __future__ import annotations


def erlang_c(servers: int, offered: float) -> float:
    """Probability that an arrival waits in M/M/c. offered: arrival rate times mean service, in erlangs; 1 where it is more than can be served.

    Source: Erlang's B by its recursion, which does not overflow, then C of B.
    """
    if offered >= servers:
        return 1.0
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return servers * blocked / (servers - offered * (1 - blocked))


def mean_wait_s(servers: int, rate_per_s: float, service_s: float, spread: float = 1.0) -> float:
    """In the queue of M/G/c by Allen and Cunneen's approximation; exact for M/M/c (spread 1) and, with one server, for every spread.

    Infinite where more comes than can be served.
    """
    offered = rate_per_s * service_s
    if offered >= servers:
        return float("inf")
    return erlang_c(servers, offered) * service_s / (servers - offered) * (1 + spread**2) / 2


def fewest_servers(rate_per_s: float, service_s: float, busiest: float) -> int:
    """So that each is busy for at most that share of the time."""
    servers = max(1, int(rate_per_s * service_s / busiest))
    while rate_per_s * service_s > busiest * servers:
        servers += 1
    return servers
