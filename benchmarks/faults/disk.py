"""Small disks for spools: a tmpfs each where this user may mount one, filled to the last byte and freed again."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from protos.errors import ConfigurationError

SIZE_BYTES = 8 * 2**20
FILLER = "filler"


class Disk:
    def __init__(self, folder: Path, *, is_small: bool) -> None:
        """is_small: it is a disk of its own that `fill` can fill; else a folder of a disk that others need."""
        self.folder, self.is_small = folder, is_small

    def fill(self) -> None:
        """Until the disk takes no byte more. Only for a small one."""
        assert self.is_small, "others need this disk"  # noqa: S101
        for size in (2**16, 1):
            try:
                with (self.folder / FILLER).open("ab", buffering=0) as filler:
                    while filler.write(bytes(size)):
                        pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        (self.folder / FILLER).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, size_bytes: int = SIZE_BYTES) -> Iterator[Disk]:
    """Mounted at `folder`, which is made; a plain folder where mounting is refused. Raises: ConfigurationError: something is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty; each campaign needs a folder of its own")
    mounted = os.geteuid() == 0 and _ran("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "harken-faults", str(folder))
    try:
        yield Disk(folder, is_small=mounted)
    finally:
        if mounted:
            _ran("umount", "--lazy", str(folder))


def _ran(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
