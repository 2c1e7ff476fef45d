"""Checks what a client needs, one by one, each with what to do about it. Prints nothing."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from edge_client.channel import FINAL_REFUSALS, open_channel
from edge_client.config import TransportConfig, VadConfig
from edge_client.handshake import hopeless
from edge_client.microphone import input_devices
from edge_client.vad import Vad
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ConfigurationError

SERVER_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str


async def examine(config: TransportConfig) -> list[Check]:
    """Every check, in the order in which speech passes them."""
    return [check_microphone(), check_vad(), await check_server(config)]


def check_microphone() -> Check:
    try:
        devices = input_devices()
    except ConfigurationError as error:
        return Check("microphone", ok=False, detail=str(error))
    if not devices:
        return Check("microphone", ok=False, detail="PortAudio sees no input device; files can still be sent with `harken-edge ask FILE`")
    default = next((device.name for device in devices if device.is_default), devices[0].name)
    return Check("microphone", ok=True, detail=f"{len(devices)} input devices, default {default}")


def check_vad() -> Check:
    silence = m.AudioFrame(0, bytes(m.FRAME_SAMPLES * m.BYTES_PER_SAMPLE))
    hears_silence = Vad(VadConfig()).is_voiced(silence)
    return Check("voice activity detector", not hears_silence, "takes silence for speech" if hears_silence else "WebRTC, silence is silence")


async def check_server(config: TransportConfig) -> Check:
    async with open_channel(config) as channel:
        try:
            metadata = config.access.metadata(config.server)
            reply = await pb_grpc.SpeechSearchStub(channel).GetServerInfo(pb.GetServerInfoRequest(), timeout=SERVER_TIMEOUT_S, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            reason = await hopeless(config.server, config.access) if error.code() is grpc.StatusCode.UNAVAILABLE else ""
            if reason or error.code() in FINAL_REFUSALS:
                return Check("server", ok=False, detail=f"{config.server}: {reason or error.details()}")
            return Check("server", ok=False, detail=f"{config.server} does not answer ({error.code().name}); start one with `harken-server run`")
    info = codec.decode(m.GetServerInfoResponse, reply)
    model = " ".join((info.models[0].model_id, info.models[0].quantization)).rstrip() if info.models else "no model"
    documents = sum(catalogue.documents for catalogue in info.catalogues)
    state = "" if info.ready else "; it is not ready yet: try again in a few seconds"
    return Check("server", info.ready, f"{config.server} runs {info.server_version} with {model} and {documents} documents{state}")
