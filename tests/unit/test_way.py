"""What became of a question's models, where others were faster or the books broke between judging and asking."""

from __future__ import annotations

import pytest

from rag.errors import BudgetExhausted, ContentRefused, ProviderUnavailable, RagError, StateUnavailable
from rag.ports import AnswerRequest, Completion
from rag.routing.plan import Judged, Order
from rag.routing.way import Way

REQUEST = AnswerRequest("What?", "en", ())


def way_over(*names: str) -> Way:
    return Way(
        request=REQUEST,
        order=Order("preferred", saving=False, names=names),
        monotonic=lambda: 0.0,
        deadline_s=100.0,
        longest_wait_s=20.0,
        tries_per_model=3,
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BudgetExhausted(limit_micro_usd=10, spent_micro_usd=9), "budget_exhausted"),
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
    way.failed(Judged("a/dear", None, REQUEST), BudgetExhausted(limit_micro_usd=10, spent_micro_usd=9))
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
