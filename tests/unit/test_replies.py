from __future__ import annotations

import pytest

from bot.locales import LOCALES, phrases_in
from bot.messages import Card, Source
from bot.replies import answer_card, failure_card, stopped_card, welcome
from rag.errors import (
    ConfigurationError,
    ConfigurationProblem,
    IndexMismatch,
    IngestBusy,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    RagError,
    StateUnavailable,
    UnreadableDocument,
)
from rag.model import IndexStats
from tests.fakes.scripted_pipeline import answer_to

ENGLISH = phrases_in("en")
PORTUGUESE = phrases_in("pt-BR")

SECRET = "key=sk-123 at 10.0.0.7"
ERRORS: list[Exception] = [
    ConfigurationError([ConfigurationProblem("config/bot.yaml", 3, "quotas", SECRET)]),
    IndexMismatch(recorded=SECRET, configured="b"),
    IngestBusy(SECRET),
    StateUnavailable(SECRET),
    ProviderRefused(SECRET, provider="openai", status=401),
    ProviderUnavailable(SECRET, provider="openai", status=503),
    ProviderUnavailable(SECRET, provider="openai", retry_after_s=29.2),
    RagError(SECRET),
    ZeroDivisionError(SECRET),
]


def test_an_answer_carries_its_notice_its_sources_and_its_receipt() -> None:
    assert answer_card(answer_to("q", "Set it [1]."), ENGLISH) == Card(
        text="Set it [1].",
        notice="Quoted from the documents; no model wrote this.",
        sources=(Source(1, "Budgets", "Daily budget", "docs/budget.md#daily-budget"),),
        receipt="no model · extractive (no model configured) · $0.00 · 1.5 s · ref ab12cd34",
    )


def test_the_receipt_is_worded_for_its_reader_whatever_the_language_of_the_answer() -> None:
    answer = answer_to(
        "q", "An English answer.", model="gpt", rung="fresh", rung_reason="model_answered", cost_micro_usd=4200
    )

    assert answer_card(answer, PORTUGUESE).receipt == (
        "gpt · nova (o modelo respondeu) · US$ 0,0042 · 1,5 s · ref. ab12cd34"
    )


def test_what_a_model_wrote_is_not_called_a_quotation() -> None:
    answer = answer_to("q", "a", model="gpt", rung="fresh", rung_reason="model_answered")

    assert answer_card(answer, ENGLISH).notice == ""


def test_a_refusal_quotes_nothing_and_does_not_say_that_it_does() -> None:
    answer = answer_to("q", "Nothing found.", refused=True, citations=(), rung_reason="nothing_relevant")

    card = answer_card(answer, ENGLISH)

    assert (card.notice, card.sources) == ("", ())
    assert "nothing relevant found" in card.receipt


def test_a_reader_learns_that_less_was_searched_than_is_configured() -> None:
    assert answer_card(answer_to("q", "a", degraded="embedder_down"), ENGLISH).notice == (
        "Quoted from the documents; no model wrote this. "
        "The embedding service is down, so the documents were searched by words alone."
    )
    assert answer_card(answer_to("q", "a", degraded="budget_exhausted", refused=True), ENGLISH).notice == (
        "Today's budget is used up, so the documents were searched by words alone."
    )


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_no_error_shows_its_own_text_and_each_gives_a_reference(error: Exception, locale: str) -> None:
    card = failure_card(error, reference="ab12cd34", streamed="", phrases=phrases_in(locale))

    assert "sk-123" not in card.text
    assert "ab12cd34" in card.text
    assert not card.receipt


def test_every_kind_of_error_has_a_sentence_of_its_own() -> None:
    sentences = {failure_card(error, reference="r", streamed="", phrases=ENGLISH).text for error in ERRORS}

    assert len(sentences) == len(ERRORS)


@pytest.mark.parametrize("error", [UnreadableDocument("torn"), ProviderError("no", provider="openai")])
def test_an_error_without_a_sentence_of_its_own_is_told_as_its_ancestor(error: Exception) -> None:
    told = failure_card(error, reference="r", streamed="", phrases=ENGLISH)

    assert told == failure_card(RagError(), reference="r", streamed="", phrases=ENGLISH)


def test_a_provider_that_says_when_to_come_back_is_passed_on_rounded_up() -> None:
    error = ProviderUnavailable("busy", provider="openai", retry_after_s=29.2)

    assert failure_card(error, reference="r1", streamed="", phrases=PORTUGUESE).text == (
        "openai não está respondendo. Tente de novo em 30 s. Referência: r1."
    )


def test_an_error_in_the_middle_keeps_what_was_already_written() -> None:
    card = failure_card(StateUnavailable(), reference="r1", streamed="Half an answer", phrases=ENGLISH)

    assert card.text == "Half an answer"
    assert "My database does not answer" in card.notice
    assert "r1" in card.notice


def test_a_stopped_answer_is_kept_and_labelled() -> None:
    assert stopped_card("Half", ENGLISH) == Card(text="Half", notice="Stopped. The answer is not complete.")
    assert stopped_card("", ENGLISH) == Card(text="Stopped before there was an answer.")


def test_titles_from_documents_stay_on_their_line_and_obey_nobody() -> None:
    answer = answer_to("q", "a")
    hostile = answer.citations[0].__class__(1, "Bud\x1b[31mgets\n\nand more", "A\u202eB", "s", "docs/a.md\x07", "q")

    card = answer_card(answer_to("q", "a", citations=(hostile,)), ENGLISH)

    assert card.sources == (Source(1, "Budgets and more", "AB", "docs/a.md"),)


def test_a_chat_starts_with_two_lines_that_say_how_much_is_known() -> None:
    assert welcome(IndexStats(1200, 5000, 0, None), ENGLISH).splitlines() == [
        "I know 1,200 documents: ask me anything about them.",
        "/help lists the commands, Ctrl-C stops an answer, /quit leaves.",
    ]
    assert "ragbot ingest" in welcome(IndexStats(0, 0, 0, None), ENGLISH)
