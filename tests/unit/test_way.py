"""What became of a question's models, where others were faster or the books broke between judging and asking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rag.errors import (
    BudgetExhausted,
    ContentRefused,
    ProviderUnavailable,
    QuotaExceeded,
    RagError,
    StateUnavailable,
)
from rag.model import Attempt, TokenUsage
from rag.ports import AnswerRequest, Completion
from rag.routing.plan import Judged, Order, Purse
from rag.routing.way import Way

REQUEST = AnswerRequest("What?", "en", ())
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BROKE = BudgetExhausted(
    subject="everything", measure="usd_per_day", limit=10, used=9, held=0, retry_at=NOON + timedelta(hours=12), now=NOON
)


HELD = BudgetExhausted(
    subject="everything", measure="usd_per_day", limit=10, used=1, held=9, retry_at=NOON, now=NOON, is_held=True
)


def refused(kind: type[QuotaExceeded], wait_s: float | None) -> QuotaExceeded:
    """A limit that has room again in a while, or never."""
    return kind(
        subject="provider:a",
        measure="requests_per_minute",
        limit=10,
        used=1,
        held=9,
        retry_at=None if wait_s is None else NOON + timedelta(seconds=wait_s),
        now=NOON,
    )


class Time:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def way_over(*names: str, time: Time | None = None, purse: Purse | None = None) -> Way:
    return Way(
        request=REQUEST,
        order=Order("preferred", saving=False, names=names),
        purse=purse or Purse(),
        monotonic=time or Time(),
        deadline_s=100.0,
        longest_wait_s=20.0,
        tries_per_model=3,
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BROKE, "budget_exhausted"),
        (refused(QuotaExceeded, None), "models_failed"),
        (StateUnavailable("gone"), "ledger_down"),
        (ProviderUnavailable("broke off", provider="a"), "models_failed"),
        (ContentRefused("no", provider="a"), "content_refused"),
    ],
)
def test_the_reason_below_the_models_is_what_stopped_them(error: RagError, reason: str) -> None:
    way = way_over("a/one")
    way.failed(Judged("a/one", None, REQUEST), error)
    assert way.completed_below(Completion("extractive", rung="extractive")).reason == reason


def test_an_answer_after_one_that_became_too_dear_was_chosen_to_save() -> None:
    way = way_over("a/dear", "b/cheap")
    way.failed(Judged("a/dear", None, REQUEST), BROKE)
    completion = way.completed_by("b/cheap", Completion("b", model="cheap"))
    assert (completion.rung, completion.reason) == ("fresh", "saving")


def test_what_a_model_will_not_say_no_model_is_asked_again_for() -> None:
    way = way_over("a/one", "b/two")
    way.failed(Judged("a/one", None, REQUEST), ProviderUnavailable("busy", provider="a", retry_after_s=1))
    assert way.nobody_answered().worth_another
    way.failed(Judged("b/two", None, REQUEST), ContentRefused("no", provider="b"))
    assert way.is_refused
    assert not way.nobody_answered().worth_another


def test_a_model_that_failed_without_a_wait_is_not_tried_again_when_it_cannot_be_asked() -> None:
    way = way_over("a/one")
    way.failed(Judged("a/one", None, REQUEST), ProviderUnavailable("broke off", provider="a"))
    assert not way.nobody_answered().worth_another


def test_an_answer_after_one_whose_provider_allows_no_more_fell_back() -> None:
    way = way_over("a/busy", "b/idle")
    way.failed(Judged("a/busy", None, REQUEST), refused(QuotaExceeded, 60))
    completion = way.completed_by("b/idle", Completion("b", model="idle"))
    assert (completion.rung, completion.reason) == ("fallback", "model_unavailable")


def test_a_limit_is_waited_for_until_it_has_room_as_often_as_it_takes() -> None:
    time = Time()
    way = way_over("a/one", time=time)
    assert way.due() == ["a/one"]
    for _ in range(4):
        way.failed(Judged("a/one", None, REQUEST), refused(QuotaExceeded, 15))
        ended = way.nobody_answered()
        assert ended.worth_another
        assert ended.again_in_s == pytest.approx(15, abs=0.01)
        assert way.due() == []
        time.s += 15
        assert way.due() == ["a/one"]


def test_money_that_others_hold_is_hoped_for_at_any_moment_and_given_up_in_time() -> None:
    time = Time()
    way = way_over("a/dear", "b/cheap", time=time)
    assert way.due() == ["a/dear", "b/cheap"]
    for _ in range(19):
        for name in ("a/dear", "b/cheap"):
            way.failed(Judged(name, None, REQUEST), HELD)
        ended = way.nobody_answered()
        assert way.hopes_for_money
        assert ended.worth_another
        assert ended.again_in_s == pytest.approx(1, abs=0.01)
        assert way.due() == ["a/dear", "b/cheap"], "also before that time: somebody may have ended"
        assert not way.hopes_for_money
        time.s += 1
    way.failed(Judged("a/dear", None, REQUEST), HELD)
    assert not way.nobody_answered().worth_another
    assert way.completed_below(Completion("extractive", rung="extractive")).reason == "budget_held"


@pytest.mark.parametrize("wait_s", [None, 20.1])
@pytest.mark.parametrize("kind", [QuotaExceeded, BudgetExhausted])
def test_room_that_comes_too_late_or_never_is_not_waited_for(kind: type[QuotaExceeded], wait_s: float | None) -> None:
    way = way_over("a/one")
    way.failed(Judged("a/one", None, REQUEST), refused(kind, wait_s))
    assert not way.nobody_answered().worth_another


def test_what_calls_have_cost_is_gone_from_the_purse_of_the_next_one() -> None:
    way = way_over("a/one", purse=Purse(question_micro_usd=1_000, nearly_spent=True))
    for cost in (300, 50):
        way.attempts.append(Attempt("a", "one", "unavailable", 1.0, TokenUsage(), cost))
    assert way.purse_left == Purse(question_micro_usd=650, nearly_spent=True)
    assert way_over("a/one").purse_left == Purse()
