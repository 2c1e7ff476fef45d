"""HAProxy as we configure it, for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.rolling.haproxy import Backend, parse_stats, running_haproxy
from protos.errors import ConfigurationError
from tests.programs import program

STATS = """# pxname,svname,qcur,scur,stot,status
speech,FRONTEND,,3,9,OPEN
servers,one,0,1,5,UP
servers,two,0,2,4,DOWN 1/2
servers,BACKEND,0,3,9,UP
"""


def test_its_statistics_are_read() -> None:
    assert parse_stats(STATS) == [Backend("one", True, 1, 5), Backend("two", False, 2, 4)]


def test_servers_that_are_not_there_are_seen_to_be_down(root: Path, tmp_path: Path) -> None:
    nowhere = ("127.0.0.1:1", "127.0.0.1:1")
    with running_haproxy(root, tmp_path, [nowhere, nowhere], program("haproxy")) as balancer:
        backends = balancer.backends()
        while any(backend.is_up for backend in backends):
            backends = balancer.backends()
    assert [backend.name for backend in backends] == ["one", "two"]


def test_a_configuration_that_it_refuses_is_said(root: Path, tmp_path: Path) -> None:
    program("haproxy")
    with pytest.raises(ConfigurationError, match="haproxy ended"), running_haproxy(tmp_path, tmp_path, []):
        pass
