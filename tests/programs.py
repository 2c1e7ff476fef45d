"""Real programs from Debian for tests whose promise depends on them: found, installed where this user may, or the test is skipped by name."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

# What each program comes in.
PACKAGES = {
    "alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "bindfs": "bindfs",
    "chromium": "chromium",
    "haproxy": "haproxy",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "redis-server": "redis-server",
}
ALSO_KNOWN_AS = {"alertmanager": "prometheus-alertmanager"}
# Debian starts a service that it installs; at run level 1 it does not.
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}


def program(name: str) -> Path:
    """Where the program is; installs its Debian package if this user is root; otherwise skips the test, naming both."""
    found = find(name) or (find(name) if install(PACKAGES[name]) else None)
    if found is None:
        pytest.skip(f"{name}: not on this machine; on Debian: apt install {PACKAGES[name]}")
    return found


def find(name: str) -> Path | None:
    found = shutil.which(ALSO_KNOWN_AS.get(name, name)) or shutil.which(name)
    return Path(found) if found else None


@cache
def install(package: str) -> bool:
    """Whether Debian's package could be installed; tried once a run."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    commands = ([*apt, "update"], [*apt, "install", "--yes", "--no-install-recommends", package])
    return all(subprocess.run(command, env={**os.environ, **QUIET}, capture_output=True, check=False).returncode == 0 for command in commands)
