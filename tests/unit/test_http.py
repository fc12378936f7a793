"""The way out: retries, waits, keys in turn, and what a request may cost, against local servers."""

from __future__ import annotations

import gzip
import traceback
from collections.abc import AsyncIterator, Mapping

import pytest

from rag.errors import (
    ProviderDisabled,
    ProviderOverloaded,
    ProviderRefused,
    ProviderUnavailable,
    UnusableAnswer,
)
from rag.providers.http import ApiClient
from rag.providers.options import Timeouts
from rag.providers.request import Request
from tests.fakes.clock import FakeClock
from tests.fakes.embedding_server import (
    KEY,
    EmbeddingServer,
    Garbled,
    Hang,
    Limited,
    Reply,
    Reset,
    gemini_error,
    openai_error,
)
from tests.fakes.raw_server import Fault, RawServer, answer

_PAYLOAD = {"model": "text-embedding-3-small", "input": ["hello"]}
_OVERLOADED = openai_error(503, "server_error", "server_is_overloaded")
_OK = answer(200, {"fine": True})
_LIMITED = answer(429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, {"retry-after": "9"})
_REFUSED = answer(401, {"error": {"message": "no", "code": "invalid_api_key"}})
_NO_MONEY = answer(429, {"error": {"message": "no", "type": "insufficient_quota"}})


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    async with EmbeddingServer() as server:
        yield server


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    async with RawServer() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def client(server: EmbeddingServer, clock: FakeClock) -> AsyncIterator[ApiClient]:
    client = _client(server.url, clock)
    yield client
    await client.aclose()


def _client(url: str, clock: FakeClock, *, timeout_s: float = 5.0) -> ApiClient:
    return ApiClient(
        provider="acme",
        base_url=url,
        clock=clock,
        headers={"Authorization": f"Bearer {KEY}"},
        timeouts=Timeouts(total_s=timeout_s),
    )


async def _post(client: ApiClient, *, deadline_s: float = 60.0) -> dict[str, object]:
    return await client.post(Request("/v1/embeddings", _PAYLOAD), deadline_s=deadline_s)


class TestRetries:
    async def test_what_time_mends_is_tried_again(
        self, client: ApiClient, server: EmbeddingServer, clock: FakeClock
    ) -> None:
        server.faults.extend([_OVERLOADED, Reset(), Reply(500, "<html>oops</html>")])
        assert "data" in await _post(client)
        assert len(server.calls) == 4
        assert len(clock.slept) == 3

    async def test_pauses_are_drawn_below_a_doubling_bound(
        self, client: ApiClient, server: EmbeddingServer, clock: FakeClock
    ) -> None:
        server.faults.extend([_OVERLOADED] * 5)
        await _post(client)
        assert all(0 <= pause <= 0.5 * 2**n for n, pause in enumerate(clock.slept))
        assert len(set(clock.slept)) == 5  # full jitter: no two alike

    async def test_nobody_is_asked_more_than_six_times(self, client: ApiClient, server: EmbeddingServer) -> None:
        server.faults.extend([_OVERLOADED] * 10)
        with pytest.raises(ProviderOverloaded) as caught:
            await _post(client)
        assert len(server.calls) == 6
        assert caught.value.status == 503
        assert caught.value.provider == "acme"

    @pytest.mark.parametrize(
        "reply",
        [
            openai_error(400, "invalid_request_error", None, "bad input"),
            openai_error(401, "invalid_request_error", "invalid_api_key"),
            openai_error(403, "permission_error", None),
            openai_error(404, "invalid_request_error", "model_not_found"),
            openai_error(429, "insufficient_quota", "credit_balance_exhausted", headers={"retry-after": "1"}),
            gemini_error(400, "INVALID_ARGUMENT", reason="API_KEY_INVALID"),
            Reply(301, "", {"location": "/elsewhere"}),
            Reply(402, "not json"),
            Reply(400, "[" * 100_000),
        ],
    )
    async def test_what_cannot_succeed_is_asked_once(
        self, client: ApiClient, server: EmbeddingServer, clock: FakeClock, reply: Reply
    ) -> None:
        server.faults.append(reply)
        with pytest.raises(ProviderRefused) as caught:
            await _post(client)
        assert caught.value.status == reply.status
        assert len(server.calls) == 1
        assert clock.slept == []

    @pytest.mark.parametrize(
        "reply",
        [
            openai_error(429, "tokens", "rate_limit_exceeded", headers={"retry-after": "7"}),
            openai_error(503, "server_error", None, headers={"retry-after-ms": "7000", "retry-after": "9"}),
            gemini_error(429, "RESOURCE_EXHAUSTED", "quota", retry_delay="7s"),
        ],
    )
    async def test_a_wait_that_the_provider_names_is_kept(
        self, client: ApiClient, server: EmbeddingServer, clock: FakeClock, reply: Reply
    ) -> None:
        server.faults.append(reply)
        await _post(client)
        assert clock.slept == [7.0]

    async def test_a_wait_beyond_the_deadline_is_handed_on_at_once(
        self, client: ApiClient, server: EmbeddingServer, clock: FakeClock
    ) -> None:
        server.faults.append(openai_error(429, "tokens", "rate_limit_exceeded", headers={"retry-after": "61"}))
        with pytest.raises(ProviderUnavailable) as caught:
            await _post(client, deadline_s=60)
        assert caught.value.retry_after_s == 61
        assert clock.slept == []

    async def test_a_server_that_hangs_is_given_up(self, server: EmbeddingServer, clock: FakeClock) -> None:
        server.faults.append(Hang())
        client = _client(server.url, clock, timeout_s=0.2)
        assert "data" in await _post(client)
        assert len(server.calls) == 2
        await client.aclose()

    async def test_the_deadline_ends_an_attempt_too(self, server: EmbeddingServer, clock: FakeClock) -> None:
        server.faults.extend([Hang()] * 6)
        client = _client(server.url, clock, timeout_s=600)
        with pytest.raises(ProviderUnavailable, match="TimeoutError") as caught:
            await _post(client, deadline_s=0.1)
        assert caught.value.billable
        await client.aclose()

    @pytest.mark.parametrize("url", ["ftp://example.org", "no url", "http://host:port"])
    async def test_an_address_that_is_none_is_refused(self, clock: FakeClock, url: str) -> None:
        client = _client(url, clock)
        with pytest.raises(ProviderRefused, match="the address of acme"):
            await _post(client)
        await client.aclose()
        assert clock.slept == []


class TestRateLimits:
    async def test_a_limit_used_up_holds_back_the_next_request(
        self, client: ApiClient, server: EmbeddingServer, clock: FakeClock
    ) -> None:
        server.faults.append(Limited({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s"}))
        await _post(client)
        assert clock.slept == []
        await _post(client, deadline_s=100)
        assert clock.slept == [62.5]

    async def test_a_limit_that_outlasts_the_deadline_is_told_without_asking(
        self, client: ApiClient, server: EmbeddingServer, clock: FakeClock
    ) -> None:
        server.faults.append(Limited({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}))
        await _post(client)
        with pytest.raises(ProviderUnavailable, match="rate limit is used up") as caught:
            await _post(client, deadline_s=60)
        assert caught.value.retry_after_s == 360
        assert len(server.calls) == 1
        assert clock.slept == []


class TestAnswers:
    @pytest.mark.parametrize("fault", [Garbled(), Reply(200, "<html>"), Reply(200, "[]"), Reply(200, "[" * 100_000)])
    async def test_success_that_is_no_json_object_was_paid_and_is_not_asked_again(
        self, client: ApiClient, server: EmbeddingServer, fault: Reply | Garbled
    ) -> None:
        server.faults.append(fault)
        with pytest.raises(UnusableAnswer) as caught:
            await _post(client)
        assert caught.value.billable
        assert len(server.calls) == 1

    @pytest.mark.parametrize(
        ("code", "error"), [(401, ProviderDisabled), (429, ProviderUnavailable), ("overloaded", ProviderOverloaded)]
    )
    async def test_an_error_inside_success_is_an_error(
        self, client: ApiClient, server: EmbeddingServer, code: object, error: type[Exception]
    ) -> None:
        server.faults.append(Reply(200, {"error": {"code": code, "message": "upstream"}}))
        with pytest.raises(error):
            await _post(client)

    async def test_a_client_can_be_used_again_after_closing(self, client: ApiClient) -> None:
        await _post(client)
        await client.aclose()
        assert "data" in await _post(client)


def _keyed(server: RawServer, clock: FakeClock, *keys: str, **timeouts: float) -> ApiClient:
    return ApiClient(provider="acme", base_url=server.url, clock=clock, api_keys=keys, timeouts=Timeouts(**timeouts))


def _bearer(secret: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {secret}"} if secret else {}


async def _ask(client: ApiClient, model: str = "m") -> object:
    async with client.open(Request("/chat", {"q": "é"}, model, _bearer)) as incoming:
        return incoming.parsed(await incoming.content())


def _keys_of(server: RawServer) -> list[str]:
    return [received.headers["authorization"].removeprefix("Bearer ") for received in server.received]


class TestKeys:
    async def test_questions_take_turns(self, raw: RawServer, clock: FakeClock) -> None:
        raw.scripts.extend([[_OK]] * 3)
        client = _keyed(raw, clock, "key-one", "key-two")
        for _ in range(3):
            assert await _ask(client) == {"fine": True}
        assert _keys_of(raw) == ["key-one", "key-two", "key-one"]
        await client.aclose()

    @pytest.mark.parametrize("refusal", [_REFUSED, _NO_MONEY, _LIMITED])
    async def test_after_a_refused_key_the_next_is_tried_at_once(
        self, raw: RawServer, clock: FakeClock, refusal: bytes
    ) -> None:
        raw.scripts.extend([[refusal], [_OK], [_OK], [_OK]])
        client = _keyed(raw, clock, "key-one", "key-two")
        for _ in range(3):
            assert await _ask(client) == {"fine": True}
        assert _keys_of(raw) == ["key-one", "key-two", "key-two", "key-two"]
        assert clock.slept == []
        await client.aclose()

    async def test_when_all_are_refused_the_provider_is_off_and_asked_no_more(
        self, raw: RawServer, clock: FakeClock
    ) -> None:
        raw.scripts.extend([[_REFUSED], [_REFUSED]])
        client = _keyed(raw, clock, "key-one", "key-two")
        for _ in range(2):
            with pytest.raises(ProviderDisabled, match=r"HTTP 401 \(invalid_api_key\) to key 2 of 2"):
                await _ask(client)
        assert len(raw.received) == 2
        await client.aclose()

    async def test_a_limit_on_all_keys_is_told_and_then_kept_for_that_model(
        self, raw: RawServer, clock: FakeClock
    ) -> None:
        raw.scripts.extend([[_LIMITED], [_LIMITED], [_OK]])
        client = _keyed(raw, clock, "key-one", "key-two")
        with pytest.raises(ProviderUnavailable, match="HTTP 429") as told:
            await _ask(client)
        assert (told.value.retry_after_s, told.value.billable) == (9, False)
        with pytest.raises(ProviderUnavailable, match="rate limit is used up") as kept:
            await _ask(client)
        assert (kept.value.retry_after_s, kept.value.billable) == (9, False)
        assert len(raw.received) == 2
        assert await _ask(client, "another model") == {"fine": True}
        await client.aclose()

    async def test_a_refused_key_beside_a_resting_one_is_a_matter_of_time(
        self, raw: RawServer, clock: FakeClock
    ) -> None:
        raw.scripts.extend([[_LIMITED], [_REFUSED]])
        client = _keyed(raw, clock, "key-one", "key-two")
        with pytest.raises(ProviderUnavailable, match="rate limit is used up") as caught:
            await _ask(client)
        assert caught.value.retry_after_s == 9
        await client.aclose()

    async def test_other_failures_are_no_keys_fault(self, raw: RawServer, clock: FakeClock) -> None:
        raw.scripts.append([answer(529, {"error": {"type": "overloaded_error", "message": "busy"}})])
        client = _keyed(raw, clock, "key-one", "key-two")
        with pytest.raises(ProviderOverloaded):
            await _ask(client)
        assert len(raw.received) == 1
        await client.aclose()

    async def test_no_key_is_in_an_error_or_a_repr(self, raw: RawServer, clock: FakeClock) -> None:
        raw.scripts.append([answer(400, {"error": {"message": "the key sk-secret-01 is odd"}})])
        client = _keyed(raw, clock, "sk-secret-01", "sk-secret-02")
        with pytest.raises(ProviderRefused) as caught:
            await _ask(client)
        assert "sk-secret" not in f"{caught.value} {caught.value!r} {client!r}"
        await client.aclose()

    @pytest.mark.parametrize("key", ["sk-“quoted”", "sk-two\nlines"])
    async def test_a_key_that_cannot_be_sent_is_told_of_without_quoting_it(
        self, raw: RawServer, clock: FakeClock, key: str
    ) -> None:
        client = _keyed(raw, clock, key)
        with pytest.raises(ProviderDisabled, match="characters that cannot be sent") as caught:
            await _ask(client)
        assert "sk-" not in "".join(traceback.format_exception(caught.value))
        await client.aclose()

    @pytest.mark.parametrize("key", ["sk-“quoted”", "sk-two\nlines"])
    async def test_a_key_that_cannot_be_sent_does_not_take_the_others_down(
        self, raw: RawServer, clock: FakeClock, key: str
    ) -> None:
        raw.scripts.extend([[_OK], [_REFUSED]])
        client = _keyed(raw, clock, key, "key-two")
        assert await _ask(client) == {"fine": True}
        with pytest.raises(ProviderDisabled, match=r"HTTP 401 \(invalid_api_key\) to key 2 of 2"):
            await _ask(client)
        assert _keys_of(raw) == ["key-two", "key-two"]
        with pytest.raises(ProviderDisabled):
            await _ask(client)
        assert len(raw.received) == 2
        await client.aclose()


class TestRequests:
    async def test_configured_headers_stand_over_the_vendors(self, raw: RawServer, clock: FakeClock) -> None:
        raw.scripts.append([_OK])
        client = ApiClient(
            provider="acme",
            base_url=f"{raw.url}/v9/",
            clock=clock,
            api_keys=["sk-secret-01"],
            headers={"authorization": "Token other", "x-tenant": "red"},
        )
        assert await _ask(client) == {"fine": True}
        (received,) = raw.received
        assert received.path == "/v9/chat"
        assert received.headers["authorization"] == "Token other"
        assert received.headers["x-tenant"] == "red"
        assert received.headers["user-agent"] == "ragbot"
        assert received.body == {"q": "é"}
        await client.aclose()

    @pytest.mark.parametrize(
        ("base", "path", "sent"),
        [
            ("", "/v1/messages", "/v1/messages"),
            ("/v1", "/v1/messages", "/v1/messages"),
            ("/v1/", "/v1/messages", "/v1/messages"),
            ("/proxy/v1beta", "/v1beta/models/m:generateContent", "/proxy/v1beta/models/m:generateContent"),
            ("/v1", "/v1beta/models/m:generateContent", "/v1/v1beta/models/m:generateContent"),
            ("/openai/v1", "/chat/completions", "/openai/v1/chat/completions"),
            ("", "/chat/completions", "/chat/completions"),
        ],
    )
    async def test_a_version_is_said_once_though_the_base_url_says_it_too(
        self, raw: RawServer, clock: FakeClock, base: str, path: str, sent: str
    ) -> None:
        raw.scripts.append([_OK])
        client = ApiClient(provider="acme", base_url=raw.url + base, clock=clock)
        async with client.open(Request(path, {})):
            pass
        assert raw.received[0].path == sent
        await client.aclose()

    async def test_an_answer_that_is_compressed_against_our_wish_is_read(
        self, raw: RawServer, clock: FakeClock
    ) -> None:
        body = gzip.compress(b'{"fine": true}')
        head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(body)}\r\n\r\n"
        raw.scripts.append([head.encode() + body])
        client = _keyed(raw, clock)
        assert await _ask(client) == {"fine": True}
        assert raw.received[0].headers["accept-encoding"] == "identity"
        await client.aclose()

    async def test_half_a_character_is_sent_as_a_question_mark(self, raw: RawServer, clock: FakeClock) -> None:
        raw.scripts.append([_OK])
        client = _keyed(raw, clock)
        async with client.open(Request("/chat", {"q": "\ud83d"})):
            pass
        assert raw.received[0].body == {"q": "?"}
        await client.aclose()

    async def test_nobody_listening_costs_nothing(self, clock: FakeClock) -> None:
        async with RawServer() as gone:
            client = _keyed(gone, clock)
        with pytest.raises(ProviderUnavailable, match=r"acme did not answer \(ConnectError\)") as caught:
            await _ask(client)
        assert not caught.value.billable
        await client.aclose()

    @pytest.mark.parametrize("steps", [[Fault.RESET], [Fault.CLOSE], [b"HTTP/9.9 what\r\n\r\n"], [Fault.HANG]])
    async def test_a_request_that_may_have_arrived_may_cost(
        self, raw: RawServer, clock: FakeClock, steps: list[bytes | Fault]
    ) -> None:
        raw.scripts.append(steps)
        client = _keyed(raw, clock, total_s=0.2)
        with pytest.raises(ProviderUnavailable, match="acme did not answer") as caught:
            await _ask(client)
        assert caught.value.billable
        await client.aclose()

    async def test_a_body_that_breaks_off_may_cost(self, raw: RawServer, clock: FakeClock) -> None:
        raw.scripts.append([_OK[:-3], Fault.RESET])
        client = _keyed(raw, clock)
        with pytest.raises(ProviderUnavailable, match="acme broke off") as caught:
            await _ask(client)
        assert caught.value.billable
        await client.aclose()

    async def test_a_failure_whose_explanation_breaks_off_is_told_by_its_status(
        self, raw: RawServer, clock: FakeClock
    ) -> None:
        raw.scripts.append([answer(503, "{}", {"content-length": "99"}), Fault.RESET])
        client = _keyed(raw, clock)
        with pytest.raises(ProviderOverloaded):
            await _ask(client)
        await client.aclose()
