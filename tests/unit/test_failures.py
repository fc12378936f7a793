"""What failures mean, from every vendor's own words to what is done next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import (
    ContentRefused,
    ModelGone,
    PromptTooLong,
    ProviderDisabled,
    ProviderError,
    ProviderOverloaded,
    ProviderRefused,
    ProviderUnavailable,
)
from rag.providers.failures import Complaint, Diagnose, Told, failure
from rag.providers.waits import pause_s, retry_after_s, seconds, until_midnight_pacific_s

_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_KEY = "sk-fake-0123456789abcdef"


def _openai(message: str = "", *, kind: str | None = None, code: object = None) -> dict[str, object]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _anthropic(kind: str, message: str = "", *, code: str | None = None) -> dict[str, object]:
    details = {"error_code": code} if code else None
    return {"type": "error", "error": {"type": kind, "message": message, "details": details}, "request_id": "req_1"}


def _gemini(code: int, status: str, message: str = "", *details: dict[str, object]) -> dict[str, object]:
    return {"error": {"code": code, "status": status, "message": message, "details": list(details)}}


def _failure(
    status: int,
    body: object = None,
    headers: dict[str, str] | None = None,
    *,
    inside: bool = False,
    diagnose: Diagnose | None = None,
) -> Any:
    told = Told("acme", status, Complaint.read(body), headers or {}, inside=inside)
    return failure(told, now=_NOW, secrets=[_KEY], diagnose=diagnose)


_REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
_MEANINGS: list[tuple[type[ProviderError], int, object]] = [
    (ProviderRefused, 400, _openai("Unknown parameter", kind="invalid_request_error")),
    (ProviderRefused, 400, _anthropic("invalid_request_error", "max_tokens: Field required")),
    (ProviderRefused, 422, {"detail": [{"msg": "field required"}]}),
    (ProviderRefused, 301, None),
    (ProviderDisabled, 401, _openai("Incorrect API key", kind="invalid_request_error", code="invalid_api_key")),
    (ProviderDisabled, 401, "<html>no</html>"),
    (ProviderDisabled, 402, _anthropic("billing_error")),
    (ProviderDisabled, 429, _openai(kind="insufficient_quota", code="credit_balance_exhausted")),
    (ProviderDisabled, 429, _openai(kind="insufficient_quota")),
    (ProviderDisabled, 400, _gemini(400, "INVALID_ARGUMENT", "API key not valid.", _REASON)),
    (ProviderDisabled, 400, _gemini(400, "FAILED_PRECONDITION", "User location is not supported")),
    (ModelGone, 403, _openai("You are not allowed to use this model")),
    (ModelGone, 404, _openai(kind="invalid_request_error", code="model_not_found")),
    (ModelGone, 400, _openai(kind="invalid_request_error", code="model_decommissioned")),
    (ModelGone, 404, "<html>not here</html>"),
    (PromptTooLong, 400, _openai(kind="invalid_request_error", code="context_length_exceeded")),
    (PromptTooLong, 413, _anthropic("request_too_large")),
    (PromptTooLong, 400, _anthropic("invalid_request_error", "prompt is too long: 201000 tokens > 200000 maximum")),
    (
        PromptTooLong,
        400,
        _gemini(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
    ),
    (PromptTooLong, 400, {"object": "error", "message": "This model's maximum context length is 8192", "code": 400}),
    (ContentRefused, 400, _openai("filtered", code="content_filter")),
    (ProviderUnavailable, 429, _openai(kind="tokens", code="rate_limit_exceeded")),
    (ProviderUnavailable, 429, _anthropic("rate_limit_error", "the input is too long for your limit per minute")),
    (ProviderUnavailable, 408, None),
    (ProviderUnavailable, 409, None),
    (ProviderUnavailable, 500, _anthropic("api_error")),
    (ProviderUnavailable, 502, "<html>bad gateway</html>"),
    (ProviderUnavailable, 504, _gemini(504, "DEADLINE_EXCEEDED")),
    (ProviderUnavailable, 402, {"error": {"code": 402, "metadata": {"error_type": "in_flight_budget_exhausted"}}}),
    (ProviderOverloaded, 503, _openai(kind="server_error", code="server_is_overloaded")),
    (ProviderOverloaded, 503, None),
    (ProviderOverloaded, 529, _anthropic("overloaded_error")),
    (ProviderOverloaded, 429, _openai(kind="requests", code="slow_down")),
]


class TestMeaning:
    @pytest.mark.parametrize(("kind", "status", "body"), _MEANINGS)
    def test_each_failure_is_the_error_that_says_what_to_do_next(
        self, kind: type[ProviderError], status: int, body: object
    ) -> None:
        error = _failure(status, body)
        assert type(error) is kind
        assert (error.status, error.provider, error.billable) == (status, "acme", False)

    def test_what_the_vendor_makes_of_it_comes_first(self) -> None:
        body = _openai(kind="invalid_request_error", code="house_rules")
        seen: list[tuple[int, Complaint]] = []

        def diagnose(status: int, complaint: Complaint) -> type[ProviderError]:
            seen.append((status, complaint))
            return ContentRefused

        assert type(_failure(400, body, diagnose=diagnose)) is ContentRefused
        assert seen == [(400, Complaint(("invalid_request_error", "house_rules")))]
        assert type(_failure(400, body, diagnose=lambda *_: None)) is ProviderRefused

    def test_a_failure_inside_an_answer_may_have_to_be_paid(self) -> None:
        error = _failure(502, _openai("the model crashed"), inside=True)
        assert error.billable
        assert "inside its answer" in str(error)

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (_openai(code=429), 429),
            (_gemini(503, "UNAVAILABLE"), 503),
            (_anthropic("overloaded_error"), 502),
            (_anthropic("rate_limit_error"), 429),
            (_openai(kind="invalid_request_error", code="rate_limit_exceeded"), 429),
            (_anthropic("authentication_error"), 401),
            ({"error": "model runner crashed"}, 502),
            (_openai(code=200), 502),
        ],
    )
    def test_without_a_status_the_words_stand_for_it(self, body: object, status: int) -> None:
        assert Complaint.read(body).implied_status == status


class TestTryingAgain:
    @pytest.mark.parametrize(
        "headers",
        [
            {"retry-after": "7"},
            {"retry-after-ms": "7000", "retry-after": "9"},
            {"retry-after": "Sun, 22 Nov 2026 12:00:07 GMT"},
        ],
    )
    def test_a_wait_in_the_headers_is_handed_on(self, headers: dict[str, str]) -> None:
        assert _failure(429, None, headers).retry_after_s == 7
        assert _failure(503, None, headers).retry_after_s == 7

    def test_a_wait_in_the_body_is_handed_on(self) -> None:
        info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
        assert _failure(429, _gemini(429, "RESOURCE_EXHAUSTED", "", info)).retry_after_s == 34.5

    def test_a_quota_of_the_day_puts_the_provider_off_until_midnight_on_the_pacific(self) -> None:
        quota = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
        body = _gemini(429, "RESOURCE_EXHAUSTED", "", quota, {"retryDelay": "41s"})
        error = _failure(429, body)
        assert type(error) is ProviderDisabled
        assert error.retry_after_s == 20 * 3_600

    def test_a_quota_of_the_minute_does_not(self) -> None:
        quota = {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProject"}]}
        error = _failure(429, _gemini(429, "RESOURCE_EXHAUSTED", "", quota, {"retryDelay": "41s"}))
        assert type(error) is ProviderUnavailable
        assert error.retry_after_s == 41

    def test_money_is_waited_for_only_where_the_provider_says_how_long(self) -> None:
        assert type(_failure(402)) is ProviderDisabled
        waiting = _failure(402, _openai("in flight", code=402), {"retry-after": "3"})
        assert type(waiting) is ProviderUnavailable
        assert waiting.retry_after_s == 3

    @pytest.mark.parametrize(
        ("status", "headers", "kind"),
        [
            (500, {"x-should-retry": "false"}, ProviderRefused),
            (500, {"x-should-retry": "true"}, ProviderUnavailable),
            (400, {"x-should-retry": "true"}, ProviderUnavailable),
            (429, {"x-should-retry": "false", "retry-after": "5"}, ProviderUnavailable),
            (529, {"x-should-retry": "false"}, ProviderOverloaded),
            (401, {"x-should-retry": "true"}, ProviderDisabled),
        ],
    )
    def test_the_providers_advice_on_trying_again_is_heard(
        self, status: int, headers: dict[str, str], kind: type[ProviderError]
    ) -> None:
        assert type(_failure(status, None, headers)) is kind


class TestMessages:
    @pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
    def test_no_secret_survives(self, status: int) -> None:
        error = _failure(status, _openai(f"no access with {_KEY} here", code=f"code_{_KEY}"))
        assert _KEY not in str(error)
        assert f"acme answered HTTP {status} (code_…)" in str(error)

    @pytest.mark.parametrize("status", [401, 403])
    def test_what_may_quote_a_part_of_the_key_is_not_repeated(self, status: int) -> None:
        assert "sk-fa" not in str(_failure(status, _openai("Incorrect API key provided: sk-fa***cdef.")))

    def test_the_vendors_reason_is_told_in_short(self) -> None:
        error = _failure(400, _openai("x" * 5_000, kind="invalid_request_error", code="y" * 5_000))
        assert str(error) == f"acme answered HTTP 400 (invalid_request_error): {'x' * 200}"

    def test_a_key_among_several_is_named_by_its_place(self) -> None:
        told = Told("acme", 401, Complaint(("invalid_api_key",)), {}, key="key 2 of 3")
        assert str(failure(told, now=_NOW)) == "acme answered HTTP 401 (invalid_api_key) to key 2 of 3"


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["error", "code", "details", "reason", "violations", "metadata"]), inner)
    ),
)


class TestReading:
    @given(_JSON)
    def test_any_json_at_all_is_a_complaint(self, body: object) -> None:
        for told in (body, {"error": body}, {"error": {"details": body, "metadata": body}}):
            complaint = Complaint.read(told)
            assert all(isinstance(code, str) for code in complaint.codes)
            assert 400 <= complaint.implied_status < 600

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            (_openai("no", kind="tokens", code="slow_down"), Complaint(("tokens", "slow_down"), "no")),
            (
                _anthropic("rate_limit_error", "no", code="enforced_spend_limit_reached"),
                Complaint(("rate_limit_error", "enforced_spend_limit_reached"), "no"),
            ),
            (
                _gemini(
                    429, "EXHAUSTED", "no", {"reason": "R", "retryDelay": "9s"}, {"violations": [{"quotaId": "Q"}]}
                ),
                Complaint(("EXHAUSTED", "R", "Q"), "no", 429, 9.0),
            ),
            ([_gemini(400, "INVALID_ARGUMENT", "no")], Complaint(("INVALID_ARGUMENT",), "no", 400)),
            (
                {"error": {"code": 402, "message": "no", "metadata": {"limit_source": "openrouter_credits"}}},
                Complaint(("openrouter_credits",), "no", 402),
            ),
            ({"error": "no"}, Complaint(message="no")),
            ({"code": "server_error", "message": "no"}, Complaint(("server_error",), "no")),
            ([], Complaint()),
            ("no", Complaint()),
        ],
    )
    def test_each_vendors_form_is_read(self, body: object, complaint: Complaint) -> None:
        assert Complaint.read(body) == complaint


class TestWaits:
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

    @given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    def test_midnight_on_the_pacific_is_always_within_a_day(self, now: datetime) -> None:
        wait_s = until_midnight_pacific_s(now)
        assert 0 < wait_s <= 86_400
        assert (now + timedelta(seconds=wait_s)).strftime("%H:%M:%S") == "08:00:00"

    @pytest.mark.parametrize(
        ("headers", "wait_s"),
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
            (
                {
                    "anthropic-ratelimit-input-tokens-remaining": "0",
                    "anthropic-ratelimit-input-tokens-reset": "2026-11-22T12:00:30Z",
                },
                30,
            ),
            (
                {
                    "anthropic-ratelimit-requests-remaining": "0",
                    "anthropic-ratelimit-requests-reset": "2026-11-22T11:00:00Z",
                },
                0,
            ),
        ],
    )
    def test_the_longest_of_the_limits_used_up_counts(self, headers: dict[str, str], wait_s: float) -> None:
        assert pause_s(headers, _NOW) == wait_s
