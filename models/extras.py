"""What to install when a maker's or judge's package is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from protos.errors import ConfigurationError


@contextmanager
def needs_extra(doing: str, extra: str) -> Iterator[None]:
    """Around the import of a maker or judge. Raises: ConfigurationError: one of its packages is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "?").partition(".")[0]
        raise ConfigurationError(f"{doing} needs the package {package}: pip install 'harken[{extra}]'") from error
