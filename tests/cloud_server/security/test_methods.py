"""Every method of every service is somewhere in the table; who adds one and forgets it locks it."""

from __future__ import annotations

import pytest
from grpc_health.v1 import health_pb2

from cloud_server.security.methods import ANY_TOKEN, OPEN, SCOPES, check
from cloud_server.security.principal import LOCAL, Principal, Scope
from protos import speech_search_pb2 as pb
from protos.errors import PermissionDenied

SERVED = (pb.DESCRIPTOR, health_pb2.DESCRIPTOR)
METHODS = [f"/{service.full_name}/{method.name}" for file in SERVED for service in file.services_by_name.values() for method in service.methods]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_the_contract_has_one_rule(method: str) -> None:
    assert sum(method in rules for rules in (SCOPES, ANY_TOKEN, OPEN)) == 1


def test_no_rule_is_for_a_method_that_does_not_exist() -> None:
    assert set(SCOPES) | ANY_TOKEN | OPEN <= set(METHODS)


def test_only_health_is_open() -> None:
    assert all(method.startswith("/grpc.health.v1.Health/") for method in OPEN)


@pytest.mark.parametrize("method", SCOPES)
def test_each_scope_opens_its_methods_and_no_other(method: str) -> None:
    for scope in Scope:
        principal = Principal("t", frozenset({scope}))
        if scope is SCOPES[method]:
            check(method, principal)
        else:
            with pytest.raises(PermissionDenied, match=f"scope {SCOPES[method].value}"):
                check(method, principal)


def test_a_method_nobody_decided_about_is_closed_to_everybody() -> None:
    with pytest.raises(PermissionDenied):
        check("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", LOCAL)
