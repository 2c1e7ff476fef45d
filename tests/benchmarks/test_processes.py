"""Our own programs, started and stopped."""

from __future__ import annotations

import pytest

from benchmarks.processes import json_lines, run_edge, server_process
from protos.errors import ConfigurationError


def test_a_server_that_cannot_start_is_said() -> None:
    with pytest.raises(ConfigurationError, match="the server did not start"), server_process("--bundle", "nowhere", "--workers", "1"):
        pass


def test_output_is_read_back_line_by_line() -> None:
    assert json_lines('{"a": 1}\n\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]
    code, text = run_edge("--help", capture=True)
    assert code == 0
    assert "harken" in text.lower()
