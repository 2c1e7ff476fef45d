"""Where a catalogue's index comes from: how to see that it is another one now, and how to load it. Every call may block; none is made on the loop."""

from __future__ import annotations

import logging
import re
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from cloud_server.search.backend import SearchBackend
from cloud_server.search.cluster import AbsentBackend, ClusterBackend
from cloud_server.search.cluster_client import SCHEME, Cluster
from cloud_server.search.engine import SearchEngine
from cloud_server.search.generations import MANIFEST
from cloud_server.search.index import open_index
from cloud_server.search.shipping import pull_index, remote_stamp
from cloud_server.search.weights import Weights
from protos.errors import CatalogueError

log = logging.getLogger(__name__)

Stamp: TypeAlias = Hashable
_URL = re.compile(r"[a-z][a-z0-9+.-]*(::|://)", re.IGNORECASE)


class Source(Protocol):
    """One index, wherever it is."""

    def stand_in(self, weights: Weights) -> SearchBackend | None:
        """What serves until it is reached for the first time; None: a server does not start without it."""
        ...

    @property
    def poll_s(self) -> float:
        """How long to wait before somebody looks again."""
        ...

    def stamp(self) -> Stamp | None:
        """Another one after every change; None: it is not there now. Raises nothing."""
        ...

    def load(self, weights: Weights) -> SearchBackend:
        """weights: to rank by. Raises: CatalogueError: it cannot be used."""
        ...

    def written_s(self) -> float:
        """When it was written or, from elsewhere, fetched, in Unix time; 0: nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class IndexDirectory:
    """On a disk of this machine, or what looks like one."""

    directory: Path
    poll_s: float = 1.0
    """One stat of a small file."""

    def stand_in(self, weights: Weights) -> None:  # noqa: ARG002 - as others need them
        return None

    def stamp(self) -> Stamp | None:
        try:
            status = (self.directory / MANIFEST).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def load(self, weights: Weights) -> SearchEngine:
        return SearchEngine(open_index(self.directory), weights)

    def written_s(self) -> float:
        return manifest_time_s(self.directory)


@dataclass(frozen=True, slots=True)
class PushedIndex:
    """Where `harken-server index push` sent it; fetched into a directory of this server's own."""

    url: str
    directory: Path
    poll_s: float = 5.0
    """One small object; stores charge for each look."""

    def stand_in(self, weights: Weights) -> None:  # noqa: ARG002 - as others need them
        return None

    def stamp(self) -> Stamp | None:
        try:
            return remote_stamp(self.url)
        except CatalogueError as error:
            log.debug("%s", error)  # that it is gone is said once, by who asks
            return None

    def load(self, weights: Weights) -> SearchEngine:
        pull_index(self.url, self.directory)
        return SearchEngine(open_index(self.directory), weights)

    def written_s(self) -> float:
        return manifest_time_s(self.directory)


@dataclass(frozen=True, slots=True)
class ClusterIndex:
    """On an OpenSearch cluster."""

    cluster: Cluster
    poll_s: float = 1.0
    """One small answer from where searches go anyway."""

    def stand_in(self, weights: Weights) -> SearchBackend:
        return AbsentBackend(self.cluster.name, weights)

    def stamp(self) -> Stamp | None:
        try:
            return self.cluster.serving()
        except CatalogueError as error:
            log.debug("%s", error)
            return None

    def load(self, weights: Weights) -> SearchBackend:
        return ClusterBackend(self.cluster, self.cluster.serving(), weights)

    def written_s(self) -> float:
        return 0.0


def manifest_time_s(directory: Path) -> float:
    try:
        return (directory / MANIFEST).stat().st_mtime
    except OSError:
        return 0.0


def parse_place(text: str) -> Path | str:
    """As typed or configured: a URL stays a text, everything else is a path.

    >>> parse_place("s3://my-bucket/films")
    's3://my-bucket/films'
    """
    return text if _URL.match(text) else Path(text)


def source_of(place: Path | str, private: Path) -> Source:
    """private: a folder that may be made for what has to be fetched. Raises: ConfigurationError: a URL that cannot be one."""
    if isinstance(place, Path):
        return IndexDirectory(place)
    return ClusterIndex(Cluster(place)) if place.startswith(SCHEME) else PushedIndex(place, private)
