"""Retries, waits and error mapping, against a local server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ProviderRefused, ProviderUnavailable
from rag.providers.failures import Complaint, failure, pause_s, retry_after_s, seconds
from rag.providers.http import ApiClient, UnusableAnswer
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

_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_PAYLOAD = {"model": "text-embedding-3-small", "input": ["hello"]}
_OVERLOADED = openai_error(503, "server_error", "server_is_overloaded")


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    async with EmbeddingServer() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def client(
    server: EmbeddingServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ApiClient]:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    client = _client(server.url, clock)
    yield client
    await client.aclose()


def _client(url: str, clock: FakeClock, *, timeout_s: float = 5.0) -> ApiClient:
    return ApiClient(
        provider="acme", base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout_s=timeout_s, clock=clock
    )


async def _post(client: ApiClient, *, deadline_s: float = 60.0) -> dict[str, object]:
    return await client.post("/v1/embeddings", _PAYLOAD, deadline_s=deadline_s)


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
        with pytest.raises(ProviderUnavailable) as caught:
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
            openai_error(429, "insufficient_quota", None),
            gemini_error(400, "INVALID_ARGUMENT", reason="API_KEY_INVALID"),
            Reply(301, "", {"location": "/elsewhere"}),
            Reply(402, "not json"),
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
            openai_error(429, "tokens", "rate_limit_exceeded", headers={"retry-after-ms": "7000", "retry-after": "9"}),
            openai_error(429, "requests", "slow_down", headers={"retry-after": "Sun, 22 Nov 2026 12:00:07 GMT"}),
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

    async def test_nothing_listening_is_unavailable(self, clock: FakeClock) -> None:
        async with EmbeddingServer() as gone:
            url = gone.url
        client = _client(url, clock)
        with pytest.raises(ProviderUnavailable, match=r"acme did not answer \(ConnectError\)"):
            await _post(client)
        await client.aclose()

    @pytest.mark.parametrize("url", ["ftp://example.org", "no url", "http://host:port"])
    async def test_an_address_that_is_none_is_refused(self, clock: FakeClock, url: str) -> None:
        client = _client(url, clock)
        with pytest.raises(ProviderRefused, match="the address of acme"):
            await _post(client)
        await client.aclose()
        assert clock.slept == []

    async def test_cancelling_goes_on(self, client: ApiClient, server: EmbeddingServer) -> None:
        server.faults.append(Hang())
        asking = asyncio.ensure_future(_post(client))
        await server.called.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert len(server.calls) == 1


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

    @pytest.mark.parametrize(
        ("headers", "pause"),
        [
            ({}, 0),
            ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "9s"}, 0),
            ({"x-ratelimit-remaining-requests": "-1", "x-ratelimit-reset-requests": "9s"}, 0),
            ({"x-ratelimit-remaining-requests": "0"}, 0),
            (
                {
                    "x-ratelimit-remaining-requests": "0",
                    "x-ratelimit-reset-requests": "12ms",
                    "x-ratelimit-remaining-tokens": "0",
                    "x-ratelimit-reset-tokens": "3s",
                },
                3,
            ),
        ],
    )
    def test_the_longer_of_two_limits_counts(self, headers: dict[str, str], pause: float) -> None:
        assert pause_s(headers) == pause


class TestAnswers:
    @pytest.mark.parametrize("fault", [Garbled(), Reply(200, "<html>"), Reply(200, "[]")])
    async def test_success_that_is_no_json_object_was_paid_and_is_not_asked_again(
        self, client: ApiClient, server: EmbeddingServer, fault: Reply | Garbled
    ) -> None:
        server.faults.append(fault)
        with pytest.raises(UnusableAnswer):
            await _post(client)
        assert len(server.calls) == 1

    @pytest.mark.parametrize(
        ("code", "error"), [(401, ProviderRefused), (429, ProviderUnavailable), ("overloaded", ProviderUnavailable)]
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


class TestErrorMessages:
    @pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
    def test_no_secret_survives(self, status: int) -> None:
        body = {"error": {"message": f"no access with {KEY} here", "code": "some_code"}}
        error = failure("acme", status, {}, body, now=_NOW, secrets=[KEY])
        assert KEY not in str(error)
        assert f"HTTP {status} (some_code)" in str(error)

    async def test_the_key_is_in_no_error_and_no_repr(self, server: EmbeddingServer, clock: FakeClock) -> None:
        client = ApiClient(
            provider="acme",
            base_url=server.url,
            headers={"Authorization": "Bearer sk-wrong-key-0001", "x": "1"},
            timeout_s=5,
            clock=clock,
        )
        with pytest.raises(ProviderRefused) as caught:
            await _post(client)
        await client.aclose()
        assert "sk-wrong" not in f"{caught.value} {caught.value!r} {client!r}"
        assert "invalid_api_key" in str(caught.value)

    def test_the_vendors_reason_is_told_in_short(self) -> None:
        body = openai_error(400, "invalid_request_error", None, "x" * 5_000).body
        error = failure("acme", 400, {}, body, now=_NOW, secrets=[])
        assert "invalid_request_error): xxx" in str(error)
        assert len(str(error)) < 300


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "code", "details", "reason"]), inner),
)


class TestReading:
    @given(_JSON)
    def test_any_json_at_all_is_a_complaint(self, body: object) -> None:
        assert isinstance(Complaint.read({"error": body}).codes, tuple)

    def test_geminis_form_is_read(self) -> None:
        body = gemini_error(429, "RESOURCE_EXHAUSTED", "too much", reason="RATE_LIMIT", retry_delay="34.074s").body
        assert Complaint.read(body) == Complaint(("RESOURCE_EXHAUSTED", "RATE_LIMIT"), "too much", 34.074)

    @given(st.integers(0, 10**6))
    def test_seconds_and_dates_say_the_same(self, wait_s: int) -> None:
        date = format_datetime(_NOW + timedelta(seconds=wait_s), usegmt=True)
        assert retry_after_s({"retry-after": str(wait_s)}, _NOW) == wait_s
        assert retry_after_s({"retry-after": date}, _NOW) == wait_s

    @pytest.mark.parametrize("value", ["soon", "-5", "nan", "inf", "", "99 Xxx 2026"])
    def test_a_wait_that_makes_no_sense_is_none(self, value: str) -> None:
        assert retry_after_s({"retry-after": value, "retry-after-ms": value}, _NOW) is None

    @pytest.mark.parametrize(
        ("date", "wait_s"),
        [("Sun, 22 Nov 2026 11:59:00 GMT", 0), ("Sun, 22 Nov 2026 12:00:09 -0000", 9)],
    )
    def test_a_date_that_has_passed_means_now_and_one_without_zone_is_utc(self, date: str, wait_s: float) -> None:
        assert retry_after_s({"retry-after": date}, _NOW) == wait_s

    @given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
    def test_durations_are_the_sum_of_their_parts(self, hours: int, minutes: int, secs: int, ms: int) -> None:
        duration = f"{hours}h{minutes}m{secs}s{ms}ms"
        assert seconds(duration) == pytest.approx(hours * 3_600 + minutes * 60 + secs + ms / 1_000)

    @pytest.mark.parametrize("text", ["", "s", "5x", "1m 2s", "-3s", "m5"])
    def test_what_is_no_duration_is_none(self, text: str) -> None:
        assert seconds(text) is None

    def test_a_plain_number_is_seconds(self) -> None:
        assert seconds("1.5") == 1.5
