"""harken-server: run the cloud side, build search indexes. Reads flags and environment; everything else is elsewhere."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Annotated

import typer

from cloud_server.admission import Quota
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.ending import MARGIN_S, StopSignal, ending_within
from cloud_server.feedback_commands import feedback_app
from cloud_server.search.commands import index_app
from cloud_server.search.learnt import weights_or_shipped
from cloud_server.security.commands import certs_app, key_app, token_app
from cloud_server.security.exposure import PLAINTEXT_CONSENT, PLAINTEXT_VARIABLE, Security, default_api_keys, default_token_key, settle, tls_files
from cloud_server.shared.access import PASSWORD_VARIABLE, redis_access
from cloud_server.sources import parse_place
from cloud_server.upkeep.commands import doctor, tune
from cloud_server.worker_process import RecogniserSpec
from protos.errors import ConfigurationError

app = typer.Typer(
    help="Harken's cloud server: recognises speech and searches a catalogue with it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(index_app, name="index")
app.add_typer(feedback_app, name="feedback")
app.add_typer(certs_app, name="certs")
app.add_typer(token_app, name="token")
app.add_typer(key_app, name="key")

app.command()(doctor)
app.command()(tune)

DEFAULTS = Config()


@app.command()
def run(
    host: Annotated[
        str,
        typer.Option(
            envvar="HARKEN_SERVER_HOST",
            help=f"Address to bind; beyond loopback only with TLS and tokens, or {PLAINTEXT_VARIABLE}={PLAINTEXT_CONSENT} in the environment.",
        ),
    ] = DEFAULTS.host,
    port: Annotated[int, typer.Option(envvar="HARKEN_SERVER_PORT", help="gRPC port; 0 picks a free one.")] = DEFAULTS.port,
    metrics_port: Annotated[int, typer.Option(envvar="HARKEN_SERVER_METRICS_PORT", help="/metrics; 0 picks a free one.")] = DEFAULTS.metrics_port,
    workers: Annotated[int, typer.Option(envvar="HARKEN_SERVER_WORKERS", help="Recogniser processes; one a core is best.")] = DEFAULTS.workers,
    worker_start_s: Annotated[
        float, typer.Option(envvar="HARKEN_SERVER_WORKER_START_S", help="Give up if one is not ready within this many seconds.")
    ] = DEFAULTS.worker_start_s,
    bundle: Annotated[Path | None, typer.Option(envvar="HARKEN_SERVER_BUNDLE", help="Model bundle; default: the one shipped.")] = None,
    index: Annotated[
        list[str] | None,
        typer.Option(
            envvar="HARKEN_SERVER_INDEX",
            help="Made by `harken-server index build`: a directory, or the URL or cluster it was pushed to; followed as it changes; repeatable, the"
            " first is the default.",
        ),
    ] = None,
    catalogue: Annotated[
        list[Path] | None,
        typer.Option(envvar="HARKEN_SERVER_CATALOGUE", help="JSONL, CSV, Parquet or Markdown, indexed at start; repeatable; default: 600 recipes."),
    ] = None,
    search_weights: Annotated[
        Path | None,
        typer.Option(envvar="HARKEN_SERVER_SEARCH_WEIGHTS", help="Of `harken-server feedback fit`; those shipped where it cannot be read."),
    ] = None,
    catalogue_words: Annotated[
        bool,
        typer.Option("--catalogue-words/--no-catalogue-words", envvar="HARKEN_SERVER_CATALOGUE_WORDS", help="Hear what catalogues call things."),
    ] = True,
    feedback: Annotated[
        Path | None,
        typer.Option(envvar="HARKEN_SERVER_FEEDBACK", help="Folder for feedback of people who agree to its being kept; default: none is."),
    ] = None,
    max_queued_audio_s: Annotated[
        float | None,
        typer.Option(envvar="HARKEN_SERVER_MAX_QUEUED_AUDIO_S", help="Refuse speech beyond this much waiting audio; default: 60 s a worker."),
    ] = None,
    metrics_host: Annotated[str, typer.Option(envvar="HARKEN_SERVER_METRICS_HOST", help="For /metrics; it has no TLS.")] = DEFAULTS.metrics_host,
    tls_cert: Annotated[Path | None, typer.Option(envvar="HARKEN_SERVER_TLS_CERT", help="Certificate chain, PEM; read again when changed.")] = None,
    tls_key: Annotated[Path | None, typer.Option(envvar="HARKEN_SERVER_TLS_KEY", help="Its key, PEM, mode 600.")] = None,
    tls_client_ca: Annotated[
        Path | None, typer.Option(envvar="HARKEN_SERVER_TLS_CLIENT_CA", help="Let in only clients with a certificate of this CA.")
    ] = None,
    require_token: Annotated[
        bool, typer.Option("--require-token", envvar="HARKEN_SERVER_REQUIRE_TOKEN", help="Ask for a token on loopback too; beyond it that is so.")
    ] = False,
    token_key: Annotated[
        Path | None, typer.Option(envvar="HARKEN_SERVER_TOKEN_KEY", help="Key of `harken-server token new`; default: token.key in ~/.config/harken.")
    ] = None,
    api_keys: Annotated[
        Path | None, typer.Option(envvar="HARKEN_SERVER_API_KEYS", help="Of `harken-server key new`; default: api-keys.jsonl in ~/.config/harken.")
    ] = None,
    redis: Annotated[
        str | None,
        typer.Option(
            envvar="HARKEN_SERVER_REDIS", help="redis://, rediss:// or unix://: keep answers and sessions there too, so that other servers can go on."
        ),
    ] = None,
    redis_password_file: Annotated[
        Path | None, typer.Option(envvar="HARKEN_SERVER_REDIS_PASSWORD_FILE", help=f"Its password, mode 600; or set {PASSWORD_VARIABLE}.")
    ] = None,
    redis_ca: Annotated[Path | None, typer.Option(envvar="HARKEN_SERVER_REDIS_CA", help="With rediss://: a CA of your own, PEM.")] = None,
    tenant_streams: Annotated[int, typer.Option(envvar="HARKEN_SERVER_TENANT_STREAMS", help="Streams at once for each tenant.")] = 16,
    tenant_queued_audio_s: Annotated[
        float, typer.Option(envvar="HARKEN_SERVER_TENANT_QUEUED_AUDIO_S", help="Audio seconds that may wait for each tenant.")
    ] = 30,
    tenant_audio_s_per_minute: Annotated[
        float, typer.Option(envvar="HARKEN_SERVER_TENANT_AUDIO_S_PER_MINUTE", help="Audio seconds a minute for each tenant.")
    ] = 1200,
    traces: Annotated[
        str, typer.Option(envvar="HARKEN_SERVER_TRACES", help="URL of an OTLP/HTTP collector; needs harken[tracing]; default: no traces.")
    ] = DEFAULTS.traces,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it listens as one JSON object.")] = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C; what was started is finished first.

    \b
    harken-server run                                   # 127.0.0.1:50051, recipes
    harken-server run --catalogue films.jsonl           # your own catalogue
    harken-server run --index films.index --index songs.index
    harken-server run --index s3://my-bucket/films      # fetched and checked
    harken-server run --bundle my-model/ --workers 8    # your own model
    harken-server run --host 0.0.0.0 --tls-cert server.pem --tls-key server.key     # for others: TLS, and a token for every call
    harken-server run --redis rediss://harken@cache.example.org --redis-password-file redis.password     # one of several servers
    """
    wanted = Security(tls_files(tls_cert, tls_key, tls_client_ca), require_token, token_key or default_token_key(), api_keys or default_api_keys())
    config = Config(
        host,
        port,
        metrics_port,
        workers,
        worker_start_s,
        bundle,
        tuple(map(parse_place, index or ())),
        tuple(catalogue or ()),
        catalogue_words,
        feedback,
        max_queued_audio_s,
        metrics_host=metrics_host,
        security=settle(host, metrics_host, wanted, os.environ),
        traces=traces,
        redis=redis_access(redis, redis_password_file, redis_ca, os.environ),
        search_weights=weights_or_shipped(search_weights),
        tenant_quota=Quota(tenant_streams, tenant_queued_audio_s, tenant_audio_s_per_minute),
    )
    asyncio.run(serve(config, as_json=as_json))


async def serve(config: Config, *, as_json: bool, spec: RecogniserSpec | None = None) -> None:
    """Run until a signal asks for the end. spec: another recogniser than the bundle's."""
    log = logging.getLogger(__name__)
    with ExitStack() as ending:
        stop = StopSignal(lambda: ending.enter_context(ending_within(2 * config.drain_s + MARGIN_S)))
        async with AsyncExitStack() as stack:
            with stop.interrupts():
                server = await stack.enter_async_context(running_server(config, spec))
            if stop.came:
                log.info("stopped before it had started")
                return
            print(describe(server, as_json=as_json), flush=True)
            await stop.wait()
            log.info("stopping: finishing what was started")


def describe(server: RunningServer, *, as_json: bool) -> str:
    model = f"{server.model.model_id}@{server.model.version}"
    if as_json:
        facts = {"address": server.address, "metrics_address": server.metrics_address, "model": model, "catalogue": server.catalogue.name}
        names = [catalogue.name for catalogue in server.catalogues]
        return json.dumps({**facts, "documents": server.catalogue.documents, "catalogues": names, "workers": server.workers})
    catalogues = ", ".join(f"{catalogue.name} ({catalogue.documents} documents)" for catalogue in server.catalogues)
    return (
        f"listening on {server.address} with {server.workers} workers, model {model}, "
        f"catalogue {catalogues}, metrics on http://{server.metrics_address}/metrics"
    )


def main() -> None:
    """Exit 2 and one sentence for what a person must change."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        app()
    except ConfigurationError as error:
        print(f"harken-server: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
