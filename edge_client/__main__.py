"""harken-edge: speak to a Harken server. Reads flags and environment; everything else is elsewhere."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge_client import render
from edge_client.app import EdgeSession
from edge_client.config import AdaptiveConfig, Config, SpoolConfig, TransportConfig, VadConfig
from edge_client.doctor import examine
from edge_client.ledger import SegmentOutcome
from edge_client.microphone import Microphone, input_devices
from edge_client.options import (
    DEFAULT_CONNECT_S,
    DEFAULT_SERVER,
    DEFAULT_SPOOL_LIMIT_MB,
    DEFAULT_VAD_MODE,
    AdaptiveOption,
    AlternativesOption,
    CaOption,
    CatalogueOption,
    CertOption,
    ConnectOption,
    HintOption,
    InterimOption,
    JsonOption,
    KeyOption,
    ServerOption,
    SpoolKeyOption,
    SpoolLimitOption,
    SpoolOption,
    TlsOption,
    TokenFileOption,
    TracesOption,
    VadModeOption,
    access,
    transport,
)
from edge_client.sources import AudioFile, PcmStream, Source, standard_input
from edge_client.terminal import Terminal
from protos.errors import ConfigurationError, PermissionDenied, SpeechError, Unauthenticated
from protos.messages import SAMPLE_RATE_HZ, Result

app = typer.Typer(
    help="Harken's edge client: finds the speech and sends only that.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.command()
def ask(
    files: Annotated[list[Path], typer.Argument(help="WAV, FLAC, OGG ...: any rate, any number of channels.")],
    server: ServerOption = DEFAULT_SERVER,
    as_json: JsonOption = False,
    paced: Annotated[bool, typer.Option("--paced", help="No faster than it was spoken.")] = False,
    interim: InterimOption = False,
    adaptive: AdaptiveOption = False,
    catalogue: CatalogueOption = "",
    max_alternatives: AlternativesOption = 3,
    hint: HintOption = None,
    vad_mode: VadModeOption = DEFAULT_VAD_MODE,
    connect_timeout: ConnectOption = DEFAULT_CONNECT_S,
    spool: SpoolOption = None,
    spool_key: SpoolKeyOption = None,
    spool_limit_mb: SpoolLimitOption = DEFAULT_SPOOL_LIMIT_MB,
    tls: TlsOption = False,
    tls_ca: CaOption = None,
    tls_cert: CertOption = None,
    tls_key: KeyOption = None,
    token_file: TokenFileOption = None,
    traces: TracesOption = "",
) -> None:
    """Send recordings as if they were spoken now.

    \b
    harken-edge ask query.wav
    harken-edge ask --json *.flac | jq .transcript
    harken-edge ask --paced --interim query.wav
    harken-edge ask --hint "mandy gives up rowing" query.wav
    """
    config = Config(
        VadConfig(vad_mode),
        transport=transport(server, connect_timeout, spool_limit_mb, access(tls, tls_ca, tls_cert, tls_key, token_file)),
        adaptive=AdaptiveConfig() if adaptive else None,
        spool=spool_config(spool, spool_key),
        catalogue=catalogue,
        max_alternatives=max_alternatives,
        traces=traces,
        hints=tuple(hint or ()),
    )
    sources: list[tuple[str, Source]] = [(str(path), AudioFile(path, paced=paced)) for path in files]
    finish(asyncio.run(converse_all(sources, config, Printer(as_json=as_json, named=len(files) > 1, interim=interim))))


@app.command()
def listen(
    server: ServerOption = DEFAULT_SERVER,
    as_json: JsonOption = False,
    device: Annotated[int | None, typer.Option(envvar="HARKEN_EDGE_DEVICE", help="Number from `harken-edge devices`; default: the system's.")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Raw signed 16-bit little-endian mono from standard input instead.")] = False,
    rate: Annotated[int, typer.Option(help="Sample rate of --stdin in Hz.")] = SAMPLE_RATE_HZ,
    interim: InterimOption = False,
    adaptive: AdaptiveOption = False,
    catalogue: CatalogueOption = "",
    max_alternatives: AlternativesOption = 3,
    hint: HintOption = None,
    vad_mode: VadModeOption = DEFAULT_VAD_MODE,
    connect_timeout: ConnectOption = DEFAULT_CONNECT_S,
    spool: SpoolOption = None,
    spool_key: SpoolKeyOption = None,
    spool_limit_mb: SpoolLimitOption = DEFAULT_SPOOL_LIMIT_MB,
    tls: TlsOption = False,
    tls_ca: CaOption = None,
    tls_cert: CertOption = None,
    tls_key: KeyOption = None,
    token_file: TokenFileOption = None,
    traces: TracesOption = "",
) -> None:
    """Listen to the microphone until Ctrl-C, which still waits for the answer to what was said; a second Ctrl-C does not.

    \b
    harken-edge listen --interim
    arecord -t raw -f S16_LE -r 48000 | harken-edge listen --stdin --rate 48000
    """
    config = Config(
        VadConfig(vad_mode),
        transport=transport(server, connect_timeout, spool_limit_mb, access(tls, tls_ca, tls_cert, tls_key, token_file)),
        adaptive=AdaptiveConfig() if adaptive else None,
        spool=spool_config(spool, spool_key),
        catalogue=catalogue,
        max_alternatives=max_alternatives,
        traces=traces,
        hints=tuple(hint or ()),
    )
    source: Source = PcmStream(standard_input(), rate) if stdin else Microphone(device)
    if not as_json:
        print(f"listening to {source.device.name} at {source.device.native_sample_rate_hertz} Hz; Ctrl-C ends", file=sys.stderr)
    finish(asyncio.run(converse(source.device.name, source, config, Printer(as_json=as_json, named=False, interim=interim), until_interrupted=True)))


@app.command()
def devices(as_json: JsonOption = False) -> None:
    """List the microphones PortAudio sees.

    \b
    harken-edge devices
    """
    found = input_devices()
    if as_json:
        print(json.dumps([asdict(device) for device in found]))
    elif not found:
        print("no input device")
    for device in [] if as_json else found:
        print(f"{'*' if device.is_default else ' '} {device.index:3d}  {device.name}  ({device.channels} channels, {device.rate_hz} Hz)")


@app.command()
def doctor(
    server: ServerOption = DEFAULT_SERVER,
    as_json: JsonOption = False,
    tls: TlsOption = False,
    tls_ca: CaOption = None,
    tls_cert: CertOption = None,
    tls_key: KeyOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Check microphone, voice detector and server; exit 2 if one is missing.

    \b
    harken-edge doctor --server 127.0.0.1:50051
    """
    checks = asyncio.run(examine(TransportConfig(server, access=access(tls, tls_ca, tls_cert, tls_key, token_file))))
    if as_json:
        print(json.dumps([{"check": check.name, "ok": check.ok, "detail": check.detail} for check in checks]))
    for check in [] if as_json else checks:
        print(f"{'ok     ' if check.ok else 'MISSING'}  {check.name}: {check.detail}")
    if not all(check.ok for check in checks):
        sys.exit(2)


def spool_config(folder: Path | None, key_file: Path | None) -> SpoolConfig | None:
    """Raises: ConfigurationError: a key without a spool."""
    if folder is None:
        if key_file is not None:
            raise ConfigurationError(f"--spool-key {key_file} seals a spool, and --spool names none")
        return None
    return SpoolConfig(folder, key_file)


@dataclass(frozen=True, slots=True)
class Printer:
    """How outcomes are shown: JSON lines, or lines for people, with one that grows while somebody speaks."""

    as_json: bool
    named: bool
    """Say which file each line is of."""
    interim: bool = False
    terminal: Terminal = field(default_factory=Terminal)

    def show_interim(self, name: str, result: Result) -> None:
        if self.as_json:
            self.show(name, partial(render.interim_row, result), str)
        else:
            self.terminal.show(result)

    def show_earlier(self, outcome: SegmentOutcome) -> None:
        """Of a run before this one."""
        if self.as_json:
            print(json.dumps({"earlier": True, **render.segment_row(outcome)}), flush=True)
        else:
            self.terminal.print(f"earlier: {render.segment_text(outcome)}")

    def show(self, name: str, row: Callable[[], render.Row], text: Callable[[], str]) -> None:
        if self.as_json:
            print(json.dumps({**({"file": name} if self.named else {}), **row()}), flush=True)
        else:
            self.terminal.print(f"{name}: {text()}" if self.named else text())


async def converse_all(sources: list[tuple[str, Source]], config: Config, printer: Printer) -> bool:
    """One session for each source, one after the other; True if every segment got a transcript or was empty."""
    answered = [await converse(name, source, config, printer) for name, source in sources]
    return all(answered)


async def converse(name: str, source: Source, config: Config, printer: Printer, *, until_interrupted: bool = False) -> bool:
    on_interim = partial(printer.show_interim, name) if printer.interim else None
    session = EdgeSession(source, config, on_interim, printer.show_earlier)
    with stopped_by_signals(session) if until_interrupted else nullcontext():
        async with aclosing(session.outcomes()) as outcomes:
            async for outcome in outcomes:
                printer.show(name, partial(render.segment_row, outcome), partial(render.segment_text, outcome))
    summary = session.summary
    for notice in summary.notices:
        print(f"harken-edge: {render.printable(notice)}", file=sys.stderr)
    printer.show(name, partial(render.summary_row, summary), partial(render.summary_text, summary))
    return summary.rejected == 0


@contextmanager
def stopped_by_signals(session: EdgeSession) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM ends the recording, the second one the program."""
    loop, signals = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)

    def forget() -> None:
        for number in signals:
            loop.remove_signal_handler(number)

    def stop() -> None:
        forget()
        session.stop()

    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        forget()


def finish(all_answered: bool) -> None:
    """Exit 1 if a segment was rejected."""
    if not all_answered:
        sys.exit(1)


def main() -> None:
    """Exit 2 and one sentence for what a person must change, 1 for a segment that got no answer."""
    try:
        app()
    except (ConfigurationError, Unauthenticated, PermissionDenied) as error:
        print(f"harken-edge: {error}", file=sys.stderr)
        sys.exit(2)
    except SpeechError as error:
        print(f"harken-edge: {error.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
