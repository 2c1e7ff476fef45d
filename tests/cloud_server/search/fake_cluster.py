"""As much of an OpenSearch cluster as Harken asks for, in this process: keeps documents, matches terms, scores with Lucene's BM25. One shard.

Written after OpenSearch's documentation. What it does not know it refuses with 400 and remembers in `strange`: a request that a real cluster might
take otherwise fails a test. `exchanges` is what was said, and `cluster_exchanges.jsonl` what it was when it was last read by a person.
"""

from __future__ import annotations

import json
import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

K1, B = 1.2, 0.75
TEXTS = ("title_stems", "text_stems", "details_stems", "title_words", "title_letters", "title_sounds")


class FakeCluster:
    def __init__(self) -> None:
        self.indexes: dict[str, dict[str, Any]] = {}
        self.exchanges: list[dict[str, Any]] = []
        self.strange: list[str] = []
        self.hangs = threading.Event()
        self.goes_on = threading.Event()
        self.status = 200
        self.failed_shards = 0
        self.url = ""

    def answer(self, method: str, path: str, query: str, body: list[Any]) -> tuple[int, Any]:
        match method, path.strip("/").split("/"):
            case "DELETE", [name]:
                return (200, {"acknowledged": True}) if self.indexes.pop(name, None) or "ignore_unavailable=true" in query else (404, missing(name))
            case "PUT", [name]:
                (facts,) = body
                assert facts.keys() == {"settings", "mappings"}
                if name in self.indexes:
                    return 400, {"error": {"type": "resource_already_exists_exception"}, "status": 400}
                self.indexes[name] = {**facts, "aliases": {}, "documents": {}}
                return 200, {"acknowledged": True, "shards_acknowledged": True, "index": name}
            case "POST", [name, "_bulk"]:
                return 200, self._bulk(self.indexes[name], body)
            case "POST", [_, "_refresh"]:
                return 200, {"_shards": {"total": 1, "successful": 1, "failed": 0}}
            case (("GET" | "POST"), [name, "_count"]):
                return 200, {"count": len(self.indexes[name]["documents"]), "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0}}
            case "GET", ["_alias", name]:
                called = {index: {"aliases": {name: {}}} for index, facts in self.indexes.items() if name in facts["aliases"]}
                return (200, called) if called else (404, {"error": f"alias [{name}] missing", "status": 404})
            case "GET", [name, "_mapping"]:
                return (200, {name: {"mappings": self.indexes[name]["mappings"]}}) if name in self.indexes else (404, missing(name))
            case "GET", [name] if name.endswith("*"):
                return 200, {index: {"aliases": facts["aliases"]} for index, facts in self.indexes.items() if index.startswith(name[:-1])}
            case "POST", ["_aliases"]:
                for action in body[0]["actions"]:
                    ((verb, where),) = action.items()
                    aliases = self.indexes[where["index"]]["aliases"]
                    aliases.update({where["alias"]: {}}) if verb == "add" else aliases.pop(where["alias"])
                return 200, {"acknowledged": True}
            case "POST", [name, "_search"]:
                return 200, self._popular(self.indexes[name], body[0])
            case "POST", ["_msearch"]:
                return 200, {"took": 1, "responses": [self._search(*pair) for pair in zip(body[::2], body[1::2], strict=True)]}
        raise ValueError(f"{method} {path}")

    def _bulk(self, index: dict[str, Any], lines: list[Any]) -> dict[str, Any]:
        items = []
        for action, source in zip(lines[::2], lines[1::2], strict=True):
            unknown = source.keys() - index["mappings"]["properties"].keys()
            name = action["index"]["_id"]
            if unknown or len(name.encode()) > 512:
                error = {"type": "strict_dynamic_mapping_exception" if unknown else "illegal_argument_exception", "reason": f"id {name[:20]}"}
                items.append({"index": {"_id": name, "status": 400, "error": error}})
                continue
            index["documents"][name] = source
            items.append({"index": {"_id": name, "status": 201, "result": "created"}})
        return {"took": 1, "errors": any("error" in item["index"] for item in items), "items": items}

    def _popular(self, index: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        assert body["query"] == {"match_all": {}}
        assert body["sort"] == [{"popularity": "desc"}, {"number": "asc"}]
        rows = sorted(index["documents"].values(), key=lambda source: (-source["popularity"], source["number"]))[: body["size"]]
        return {"hits": {"hits": [{"_source": {"popularity": row["popularity"], "shown": row["shown"]}} for row in rows]}}

    def _search(self, header: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        shards = {"total": 1, "successful": 1 - self.failed_shards, "skipped": 0, "failed": self.failed_shards}
        if header["index"] not in self.indexes:
            return {"error": missing(header["index"])["error"], "status": 404}
        assert header["search_type"] == "dfs_query_then_fetch"
        index = self.indexes[header["index"]]
        scores = scored(index, body["query"])
        best = sorted(scores.items(), key=lambda item: (-item[1], index["documents"][item[0]]["number"]))[: body["size"]]
        kept = body.get("_source")
        hits = [
            {"_index": header["index"], "_id": name, "_score": score, "_source": cut(index["documents"][name], kept)} for name, score in best
        ]  # fmt: skip
        total = {"value": len(scores), "relation": "eq"}
        return {"took": 1, "timed_out": False, "_shards": shards, "hits": {"total": total, "hits": hits}, "status": 200}


def scored(index: dict[str, Any], query: dict[str, Any]) -> dict[str, float]:
    """Document -> score, of the few kinds of query that are asked."""
    ((kind, details),) = query.items()
    if kind == "match_none":
        return {}
    if kind == "bool":
        assert details.keys() == {"should", "minimum_should_match"}
        sums: Counter[str] = Counter()
        for part in details["should"]:
            sums.update(scored(index, part))
        return dict(sums)
    ((field, wanted),) = details.items()
    assert field in TEXTS
    texts = {name: source[field].split() for name, source in index["documents"].items()}
    if kind == "fuzzy":
        assert wanted.keys() == {"value", "fuzziness", "prefix_length", "rewrite"}
        assert wanted["rewrite"] == "constant_score"
        return {name: 1.0 for name, words in texts.items() if any(edits(wanted["value"], word) <= wanted["fuzziness"] for word in words)}
    assert kind == "term", kind
    return bm25(texts, wanted["value"], wanted.get("boost", 1.0), counts=index["mappings"]["properties"][field].get("index_options") != "docs")


def bm25(texts: dict[str, list[str]], term: str, boost: float, *, counts: bool) -> dict[str, float]:
    """Lucene's, without its rounding of lengths."""
    filled = [words for words in texts.values() if words]
    having = sum(term in words for words in filled)
    idf = math.log(1 + (len(filled) - having + 0.5) / (having + 0.5))
    mean = sum(map(len, filled)) / max(1, len(filled))
    found = {}
    for name, words in texts.items():
        if times := (words.count(term) if counts else int(term in words)):
            found[name] = boost * idf * times / (times + K1 * (1 - B + B * len(words) / mean))
    return found


def edits(a: str, b: str) -> int:
    """Insertions, deletions, changes, and neighbours that changed places."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        rows.append([i])
        for j, y in enumerate(b, 1):
            least = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                least = min(least, rows[i - 2][j - 2] + 1)
            rows[i].append(least)
    return rows[-1][-1]


def cut(source: dict[str, Any], kept: list[str] | None) -> dict[str, Any]:
    return source if kept is None else {name: source[name] for name in kept}


def missing(name: str) -> dict[str, Any]:
    return {"error": {"type": "index_not_found_exception", "reason": f"no such index [{name}]"}, "status": 404}


@contextmanager
def fake_cluster() -> Iterator[FakeCluster]:
    cluster = FakeCluster()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path, _, query = self.path.partition("?")
            lines = [json.loads(line) for line in raw.splitlines() if line]
            if cluster.hangs.is_set():
                cluster.goes_on.wait()
            if cluster.status != 200:
                self._send(cluster.status, {"error": {"type": "made_by_the_test"}, "status": cluster.status})
                return
            try:
                status, reply = cluster.answer(self.command, path, query, lines)
            except (AssertionError, KeyError, ValueError) as error:
                cluster.strange.append(f"{self.command} {self.path}: {error!r}")
                status, reply = 400, {"error": {"type": "not_understood", "reason": repr(error)}, "status": 400}
            request = {"method": self.command, "path": path, "query": query, "body": lines}
            cluster.exchanges.append({"request": request, "response": {"status": status, "body": reply}})
            self._send(status, reply)

        def _send(self, status: int, reply: Any) -> None:
            written = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    cluster.url = f"opensearch+http://127.0.0.1:{server.server_port}/"
    try:
        yield cluster
    finally:
        cluster.goes_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert cluster.strange == []
