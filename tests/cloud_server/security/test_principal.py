"""Scopes are the contract's, and no others."""

from __future__ import annotations

import pytest

from cloud_server.security.principal import LOCAL, Scope, parse_scopes
from protos.errors import ConfigurationError


def test_scopes_are_words() -> None:
    assert parse_scopes("asr.stream  search") == {Scope.STREAM, Scope.SEARCH}
    assert parse_scopes("") == frozenset()


def test_a_scope_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"scope 'root' is none of asr\.stream, search, feedback, capture, admin"):
        parse_scopes("search root")


def test_a_machine_of_ones_own_may_do_everything() -> None:
    assert LOCAL.scopes == frozenset(Scope)
    assert LOCAL.expires_s is None
