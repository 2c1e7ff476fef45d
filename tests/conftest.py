"""Fixtures for every test: where the shared recordings are, and the rule that nothing skips in continuous integration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import find
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _unicode_tables() -> None:
    """Made at the first text that hypothesis draws, once in a fresh clone: two seconds that it would blame on whichever test draws it."""
    find(st.text(min_size=1), bool)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real recordings, text and noise (HARKEN_SHARED); skips by name where they are absent."""
    path = Path(os.environ.get("HARKEN_SHARED") or ROOT.parent / "shared")
    if not (path / "speech" / "test.jsonl").is_file():
        pytest.skip(f"HARKEN_SHARED: no speech/test.jsonl under {path}")
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if skips_are_failures() and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("HARKEN_NO_SKIPS is set: the skipped tests above count as failed", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if skips_are_failures() and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def skips_are_failures() -> bool:
    return os.environ.get("HARKEN_NO_SKIPS") == "1"
