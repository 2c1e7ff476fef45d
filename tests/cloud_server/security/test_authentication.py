"""Every method of a running server against every kind of bad token; good ones with and without the right; sessions that outlive theirs."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cloud_server.admission import Quota
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.metrics import Metrics
from cloud_server.security import session_pass
from cloud_server.security.api_keys import new_key
from cloud_server.security.authentication import Authentication
from cloud_server.security.gate import Gate
from cloud_server.security.methods import OPEN
from cloud_server.security.principal import Scope
from cloud_server.security.refusal import Refused
from cloud_server.security.tokens import mint
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.conftest import STUB
from tests.cloud_server.security.conftest import Dial, Keys, bearer
from tests.cloud_server.security.test_methods import METHODS
from tests.cloud_server.test_app import scrape

STREAM = "/harken.v1.SpeechSearch/StreamingRecognize"
CLOSED = [method for method in METHODS if method not in OPEN]
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def bad_metadata(keys: Keys) -> list[tuple[tuple[str, str], ...]]:
    claims = jwt.decode(keys.token(), options={"verify_signature": False})
    return [
        (),
        (("authorization", "Bearer "),),
        (("authorization", f"Basic {keys.token()}"),),
        bearer("hk_" + "x" * 43),
        bearer(mint(Ed25519PrivateKey.generate(), "kitchen", frozenset(Scope), 600, time.time())),
        bearer(jwt.encode(claims, None, algorithm="none")),
        bearer(jwt.encode(claims | {"aud": "somebody-else"}, keys.signing, algorithm="EdDSA")),
        bearer(keys.token(age_s=700)),
    ]


async def outcome(channel: grpc.aio.Channel, method: str, metadata: tuple[tuple[str, str], ...]) -> tuple[grpc.StatusCode, str]:
    """The status of a call with one empty message."""
    is_stream = method in {STREAM, REFLECTION}
    call = channel.stream_stream(method)(iter([b""]), metadata=metadata) if is_stream else channel.unary_unary(method)(b"", metadata=metadata)
    return await call.code(), await call.details() or ""


@pytest.mark.parametrize("method", CLOSED)
async def test_no_bad_token_opens_any_method_and_all_are_told_the_same(server: RunningServer, dial: Dial, keys: Keys, method: str) -> None:
    outcomes = {await outcome(dial(server), method, metadata) for metadata in bad_metadata(keys)}
    assert outcomes == {(grpc.StatusCode.UNAUTHENTICATED, str(Refused("missing")))}


async def test_what_was_wrong_is_counted_for_the_operator(server: RunningServer, dial: Dial, keys: Keys) -> None:
    for metadata in bad_metadata(keys):
        await outcome(dial(server), STREAM, metadata)
    await outcome(dial(server), STREAM, bearer(keys.token(Scope.SEARCH)))
    counted = {name[1][0]: value for name, value in (await scrape(server)).items() if name[0] == "asr_server_auth_failures_total"}
    assert counted == {
        "missing": 1, "malformed": 3, "unknown_key": 1, "signature": 1, "audience": 1, "expired": 1, "other_tenant": 0, "scope": 1,
    }  # fmt: skip


async def test_a_token_without_the_right_is_told_which_one_it_lacks(server: RunningServer, dial: Dial, keys: Keys) -> None:
    code, details = await outcome(dial(server), "/harken.v1.ModelAdmin/LoadModel", bearer(keys.token(Scope.STREAM, Scope.SEARCH)))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "scope admin" in details
    code, _ = await outcome(dial(server), "/harken.v1.ModelAdmin/LoadModel", bearer(keys.token(Scope.ADMIN)))
    assert code is grpc.StatusCode.UNIMPLEMENTED, "past the gate"


async def test_health_needs_no_token_and_reflection_is_not_there(server: RunningServer, dial: Dial, keys: Keys) -> None:
    answer = await health_pb2_grpc.HealthStub(dial(server)).Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert (await outcome(dial(server), REFLECTION, bearer(keys.token())))[0] is grpc.StatusCode.UNIMPLEMENTED


async def conversation(
    channel: grpc.aio.Channel, credential: str
) -> grpc.aio.StreamStreamCall[pb.StreamingRecognizeRequest, pb.StreamingRecognizeResponse]:
    """A session that has begun."""
    call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize(metadata=bearer(credential))
    await call.write(codec.encode_request(m.StreamingConfig()))
    assert isinstance(codec.decode_response(await call.read()), m.Session)
    return call


async def rest(call: grpc.aio.StreamStreamCall[pb.StreamingRecognizeRequest, pb.StreamingRecognizeResponse]) -> list[m.Response]:
    responses = []
    while (message := await call.read()) is not grpc.aio.EOF:
        responses.append(codec.decode_response(message))
    return responses


async def test_a_token_or_a_key_is_enough_to_speak(server: RunningServer, dial: Dial, keys: Keys) -> None:
    for credential in (keys.token(Scope.STREAM), new_key(keys.api_keys, "kiosk", frozenset({Scope.STREAM}))):
        call = await conversation(dial(server), credential)
        for request in fakes.requests_of(fakes.speech(4000)):
            await call.write(codec.encode_request(request))
        await call.done_writing()
        assert [type(response).__name__ for response in await rest(call)] == ["SegmentAccepted", "Result", "SearchResults"]


async def test_a_key_taken_back_ends_its_session_but_not_what_was_said(
    config: Config, dial: Dial, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_pass.SessionPass.__init__, "__defaults__", (0.01,))
    key = new_key(keys.api_keys, "kiosk", frozenset({Scope.STREAM}))
    async with running_server(config, STUB) as server:
        call = await conversation(dial(server), key)
        start, *others = fakes.requests_of(fakes.speech(4000))
        await call.write(codec.encode_request(start))
        assert isinstance(codec.decode_response(await call.read()), m.SegmentAccepted)
        keys.api_keys.write_text("")
        assert isinstance(codec.decode_response(await call.read()), m.GoAway)
        for request in others:
            await call.write(codec.encode_request(request))
        assert [type(codec.decode_response(await call.read())).__name__ for _ in range(2)] == ["Result", "SearchResults"]
        assert await call.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "connect again with a new one" in (await call.details() or "")


async def test_a_session_resumes_for_its_own_tenant_only(server: RunningServer, dial: Dial, keys: Keys) -> None:
    async def begin(tenant: str, resume_token: str) -> m.Session:
        call = pb_grpc.SpeechSearchStub(dial(server)).StreamingRecognize(metadata=bearer(keys.token(tenant=tenant)))
        await call.write(codec.encode_request(m.StreamingConfig(resume_token=resume_token)))
        session = codec.decode_response(await call.read())
        assert isinstance(session, m.Session)
        await call.done_writing()
        await rest(call)
        return session

    first = await begin("a", "")
    assert not (await begin("b", first.resume_token)).resumed
    assert (await begin("a", first.resume_token)).resumed


async def test_quotas_are_counted_for_each_tenant_and_refused_in_band(config: Config, dial: Dial, keys: Keys) -> None:
    async with running_server(replace(config, tenant_quota=Quota(1, 30, 1.0)), STUB) as server:
        call = await conversation(dial(server), keys.token(tenant="a"))
        second = pb_grpc.SpeechSearchStub(dial(server)).StreamingRecognize(metadata=bearer(keys.token(tenant="a")))
        assert await second.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await conversation(dial(server), keys.token(tenant="b"))
        for number in (1, 2):
            for request in fakes.requests_of(replace(fakes.speech(16_000, number), segment_id=number)):
                await call.write(codec.encode_request(request))
        await call.done_writing()
        answers = [response for response in await rest(call) if isinstance(response, m.Result | m.Reject)]
        assert isinstance(answers[0], m.Result)
        assert isinstance(answers[1], m.Reject)
        assert answers[1].reason is m.RejectReason.RATE
        assert answers[1].retry_after is not None


async def test_no_secret_is_in_a_log_a_metric_or_an_error(
    server: RunningServer, dial: Dial, keys: Keys, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    good, marker = keys.token(), "hk_SECRETMARKER" + "x" * 30
    told = [await outcome(dial(server), method, bearer(credential)) for method in CLOSED for credential in (marker, good + "SECRETMARKER")]
    call = await conversation(dial(server), good)
    await call.write(codec.encode_request(m.SessionUpdate(access_token="SECRETMARKER")))
    told.append((await call.code(), await call.details() or ""))
    metrics = str(await scrape(server))
    streams = capfd.readouterr()
    everything = "\n".join([caplog.text, metrics, streams.out, streams.err, *(details for _, details in told)])
    assert "SECRETMARKER" not in everything
    assert good not in everything
    assert all(code is grpc.StatusCode.UNAUTHENTICATED for code, _ in told)


async def test_a_bug_in_the_gate_lets_nobody_in_and_says_nothing(keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Gate):
        def enter(self, method: str, metadata: object) -> None:
            raise ZeroDivisionError("secret detail")

    server = grpc.aio.server(interceptors=[Authentication(Broken(keys.token_key, keys.api_keys), Metrics())])
    for handlers in (grpc.unary_unary_rpc_method_handler, grpc.stream_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler):
        name = handlers.__name__
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"Call": handlers(None)}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        calls = [
            channel.unary_unary("/unary_unary_rpc_method_handler/Call")(b""),
            channel.stream_unary("/stream_unary_rpc_method_handler/Call")(iter([b""])),
            channel.unary_stream("/unary_stream_rpc_method_handler/Call")(b""),
        ]
        statuses = await asyncio.gather(*map(_status, calls))
    await server.stop(0)
    for code, details in statuses:
        assert code is grpc.StatusCode.INTERNAL
        assert details.startswith("internal error ")
        assert details.split()[-1] in caplog.text, "the log knows the id"


async def _status(call: grpc.aio.Call) -> tuple[grpc.StatusCode, str]:
    return await call.code(), await call.details() or ""
