"""What is asked of an OpenSearch cluster, through its official client: one alias for a catalogue, one index behind it for each version.

Every answer that is not whole is an error: half of the shards' hits would look like all of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cloud_server.search.catalogue import Document
from cloud_server.search.cluster_entries import MAPPING
from cloud_server.search.shipping import shown
from models.extras import needs_extra
from protos.errors import CatalogueError, CatalogueUnreachable, ConfigurationError

SCHEME = "opensearch+"
SEARCH_TIMEOUT_S = 0.25
"""Under a search's own 300 ms, so that the thread that asked comes free again."""
LOAD_TIMEOUT_S = 30.0
STAMP_TIMEOUT_S = 2.0
BULK_DOCUMENTS = 500
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,100}")
"""What OpenSearch lets an index be called, and a version after it."""
_OPTIONS = {"ca", "shards"}


class Cluster:
    """Thread-safe, as its client is."""

    def __init__(self, url: str) -> None:
        """url: opensearch+https://USER:PASSWORD@HOST:PORT/CATALOGUE; ?ca=FILE for a CA of your own, ?shards=N for the indexes that are made.

        Raises: ConfigurationError: it is none, or the client is not installed.
        """
        parts = urlsplit(url.removeprefix(SCHEME))
        self.place = shown(url)
        prefix, _, self.name = parts.path.strip("/").rpartition("/")
        options: dict[str, list[Any]] = dict(parse_qs(parts.query))
        if parts.scheme not in ("http", "https") or not parts.hostname or not _NAME.fullmatch(self.name):
            raise ConfigurationError(f"{self.place}: must be opensearch+https://HOST:PORT/CATALOGUE, its name of a-z, 0-9, - and _")
        if unknown := sorted(options.keys() - _OPTIONS):
            raise ConfigurationError(f"{self.place}: has the option {unknown[0]!r}; known are {', '.join(sorted(_OPTIONS))}")
        shards = options.get("shards", ["1"])[0]
        if not re.fullmatch(r"[1-9]\d{0,3}", shards):
            raise ConfigurationError(f"{self.place}: shards is {shards!r}, must be a number from 1")
        self._shards = int(shards)
        with needs_extra("a catalogue on a cluster", "opensearch"):
            from opensearchpy import OpenSearch  # noqa: PLC0415 - an extra, and 300 ms
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # what fails is raised, and said by who asked
        self._client = OpenSearch(
            [f"{parts.scheme}://{parts.netloc}/{prefix}"],
            timeout=LOAD_TIMEOUT_S,
            max_retries=0,
            retry_on_timeout=False,
            ca_certs=options.get("ca", [None])[0],
        )

    def serving(self) -> str:
        """The index behind the alias. Raises: CatalogueError: there is none."""
        indexes = self.called_so()
        if len(indexes) != 1:
            raise CatalogueError(f"{self.place}: {' and '.join(indexes) or 'no index'} is called so, one must be; push it")
        return indexes[0]

    def called_so(self) -> list[str]:
        """Every index behind the alias."""
        from opensearchpy.exceptions import NotFoundError  # noqa: PLC0415 - as above

        with self._asked():
            try:
                return sorted(map(str, self._client.indices.get_alias(name=self.name, params={"request_timeout": STAMP_TIMEOUT_S})))
            except NotFoundError:
                return []

    def about(self, index: str, wanted_format: int) -> Mapping[str, Any]:
        """What `create` said of it. Raises: CatalogueError: nothing, or another format."""
        with self._asked():
            meta = self._client.indices.get_mapping(index=index)[index]["mappings"].get("_meta", {}).get("harken", {})
        if meta.get("format") != wanted_format:
            raise CatalogueError(f"{self.place}: index {index} has format {meta.get('format')!r}, this version reads {wanted_format}; push it again")
        return dict(meta)

    def most_popular(self, index: str, count: int) -> tuple[Document, ...]:
        """With id, title and popularity only."""
        body = {
            "size": count,
            "query": {"match_all": {}},
            "sort": [{"popularity": "desc"}, {"number": "asc"}],
            "_source": ["popularity", "shown.id", "shown.title"],
        }
        with self._asked():
            hits = self._client.search(index=index, body=body)["hits"]["hits"]
        rows = [hit["_source"] for hit in hits]
        return tuple(Document(row["shown"]["id"], row["shown"]["title"], popularity=float(row["popularity"])) for row in rows)

    def search_all(self, index: str, searches: Sequence[Mapping[str, Any]], timeout_s: float) -> list[list[dict[str, Any]]]:
        """Hits of each, in one exchange. Raises: CatalogueUnreachable: not every shard answered each of them."""
        # Word statistics of all shards, or the same word would weigh differently on each.
        header = {"index": index, "search_type": "dfs_query_then_fetch"}
        with self._asked():
            body = [part for search in searches for part in (header, search)]
            responses = self._client.msearch(body=body, params={"request_timeout": timeout_s})["responses"]
            for response in responses:
                if "error" in response or response["timed_out"] or response["_shards"]["failed"]:
                    raise CatalogueUnreachable(f"{self.place}: {response.get('error') or 'not every shard answered in time'}")
            return [response["hits"]["hits"] for response in responses]

    def create(self, index: str, about: Mapping[str, Any]) -> None:
        """An empty one; one of that name that nobody serves is what a push left that was cut off, and goes first."""
        settings = {"index": {"number_of_shards": self._shards}}
        with self._asked():
            self._client.indices.delete(index=index, params={"ignore_unavailable": "true"})
            self._client.indices.create(index=index, body={"settings": settings, "mappings": {**MAPPING, "_meta": {"harken": dict(about)}}})

    def fill(self, index: str, sources: Iterable[Mapping[str, Any]]) -> int:
        """How many it holds then. Raises: CatalogueError: it refused one."""
        from opensearchpy.helpers import BulkIndexError, bulk  # noqa: PLC0415 - as above

        actions = ({"_op_type": "index", "_id": source["shown"]["id"], "_source": source} for source in sources)
        with self._asked():
            try:
                bulk(self._client, actions, index=index, chunk_size=BULK_DOCUMENTS)
            except BulkIndexError as error:
                raise CatalogueError(f"{self.place}: index {index} refused {error.errors[0]}") from error
            self._client.indices.refresh(index=index)
            return int(self._client.count(index=index)["count"])

    def serve(self, index: str) -> None:
        """In one step, whatever served before; which stays until the next time, for searches under way, and older ones go."""
        with self._asked():
            mine = self._client.indices.get(index=f"{self.name}-*", params={"expand_wildcards": "open"})
            before = [name for name, facts in mine.items() if self.name in facts["aliases"] and name != index]
            moves = [{"remove": {"index": name, "alias": self.name}} for name in before]
            self._client.indices.update_aliases(body={"actions": [*moves, {"add": {"index": index, "alias": self.name}}]})
            versions = re.compile(re.escape(self.name) + r"-[0-9a-f]{12}")  # not those of a catalogue whose name begins alike
            for name in sorted(name for name in mine if versions.fullmatch(name) and name not in (index, *before)):
                self._client.indices.delete(index=name)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Raises: CatalogueError: it said no; CatalogueUnreachable: it said nothing, not in time, or nothing that makes sense."""
        from opensearchpy.exceptions import (  # noqa: PLC0415 - as above
            AuthenticationException,
            AuthorizationException,
            NotFoundError,
            OpenSearchException,
            RequestError,
        )

        try:
            yield
        except (NotFoundError, AuthenticationException, AuthorizationException, RequestError) as error:
            raise CatalogueError(f"{self.place}: refused: {error.status_code} {error.error}") from error
        except (OpenSearchException, KeyError, TypeError, ValueError) as error:
            raise CatalogueUnreachable(f"{self.place}: {type(error).__name__}: {error}") from error
