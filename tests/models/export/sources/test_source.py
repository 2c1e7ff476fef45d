"""Names are told apart. The hub itself is in test_sources_torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from models.export.sources.source import opened
from protos.errors import ConfigurationError
from tests.models.tiny import write_source


def test_a_folder_is_opened_as_it_is(tmp_path: Path) -> None:
    source = write_source(tmp_path / "own")
    with opened(str(source)) as folder:
        assert folder == source


@pytest.mark.parametrize("name", ["nowhere", "./a/b", "a/b/c", "/none/at/all"])
def test_what_is_no_source_is_said_so(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no folder, no OWNER/NAME"), opened(name):
        pass


@pytest.mark.skipif(importlib.util.find_spec("huggingface_hub") is not None, reason="the hub library is installed")
def test_without_the_hub_library_it_is_said_what_to_install() -> None:
    with pytest.raises(ConfigurationError, match=r"needs the package huggingface_hub: pip install 'harken\[train\]'"), opened("someone/tiny"):
        pass
