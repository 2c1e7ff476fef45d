"""Keys are shown once, kept as hashes, and found without telling by time."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest

from cloud_server.security import api_keys
from cloud_server.security.api_keys import PREFIX, find, load_keys, new_key
from cloud_server.security.principal import Scope
from cloud_server.security.refusal import Refused
from protos.errors import ConfigurationError

SEARCH = frozenset({Scope.SEARCH})


def test_a_key_opens_for_its_tenant_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    kiosk, phone = new_key(path, "kiosk", SEARCH), new_key(path, "phone", frozenset(Scope))
    keys = load_keys(path)
    assert kiosk.startswith(PREFIX)
    assert find(keys, kiosk).tenant == "kiosk"
    assert find(keys, kiosk).scopes == SEARCH
    assert find(keys, phone).tenant == "phone"
    assert kiosk not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused):
        find(keys, kiosk[:-1])


def test_every_key_is_compared_whatever_the_first_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [new_key(tmp_path / "keys", f"t{number}", SEARCH) for number in range(5)]
    keys, compared = load_keys(tmp_path / "keys"), []

    def counting(a: str, b: str) -> bool:
        compared.append(a)
        return hmac.compare_digest(a, b)

    monkeypatch.setattr(api_keys, "hmac", type("Counting", (), {"compare_digest": staticmethod(counting)}))
    find(keys, texts[0])
    assert len(compared) == 5


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "{}",
        '{"tenant": "a", "sha256": "zz", "scopes": "search"}',
        '{"tenant": "a", "sha256": "00", "scopes": "search"}',
        '{"tenant": "", "sha256": "%s", "scopes": "search"}' % ("0" * 64),
        '{"tenant": "a", "sha256": 5, "scopes": "search"}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "keys"
    new_key(path, "a", SEARCH)
    with path.open("a") as file:
        file.write("\n" + line + "\n")
    with pytest.raises(ConfigurationError, match="keys:3 is no object"):
        load_keys(path)


@pytest.mark.parametrize(("tenant", "scopes"), [("", SEARCH), ("a", frozenset())])
def test_a_key_for_nobody_or_nothing_is_refused(tmp_path: Path, tenant: str, scopes: frozenset[Scope]) -> None:
    with pytest.raises(ConfigurationError):
        new_key(tmp_path / "keys", tenant, scopes)
