from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from bot.locales import LOCALES, phrases_in
from bot.messages import Card, Locale, Person, Question, Source, Thread
from bot.replies import (
    answer_card,
    apology_card,
    explanation_card,
    failure_card,
    hand_over_card,
    quotes_card,
    refusal_card,
    restart_notice,
    stopped_card,
    welcome,
)
from rag.errors import (
    BudgetExhausted,
    ConfigurationError,
    ConfigurationProblem,
    ContentRefused,
    IndexMismatch,
    IngestBusy,
    ModelGone,
    PriceUnknown,
    PromptTooLong,
    ProviderDisabled,
    ProviderError,
    ProviderOverloaded,
    ProviderRefused,
    ProviderUnavailable,
    RagError,
    StateUnavailable,
    UnreadableDocument,
)
from rag.model import (
    Allowance,
    Answer,
    Attempt,
    Candidate,
    CandidateReason,
    Evidence,
    IndexStats,
    Outcome,
    Restart,
    Task,
    TokenUsage,
)
from tests.fakes.scripted_pipeline import answer_to, one_too_many

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
    one_too_many(f"user:{SECRET}"),
    one_too_many(f"user:{SECRET}", kind=BudgetExhausted, measure="usd_per_day"),
    PriceUnknown(SECRET),
    PromptTooLong(SECRET, provider="openai", status=400),
    ContentRefused(SECRET, provider="openai", status=200),
    ModelGone(SECRET, provider="openai", status=404),
    ProviderDisabled(SECRET, provider="openai", status=401),
    RagError(SECRET),
    TimeoutError(SECRET),
    ZeroDivisionError(SECRET),
]


def by_model(**changes: object) -> Answer:
    """An answer that a model wrote, or changed from that."""
    values = {"provider": "openai", "model": "gpt", "rung": "fresh", "rung_reason": "model_answered", **changes}
    return answer_to("q", "a [1]", **values)


def attempt(model: str, outcome: Outcome, provider: str = "openai") -> Attempt:
    return Attempt(provider, model, outcome, seconds=1.0, tokens=TokenUsage(), cost_micro_usd=100)


def test_an_answer_carries_its_notice_its_sources_and_its_receipt() -> None:
    assert answer_card(answer_to("q", "Set it [1]."), ENGLISH) == Card(
        text="Set it [1].",
        notice="Quoted from the documents; no model wrote this.",
        sources=(Source(1, "Budgets", "Daily budget", "docs/budget.md#daily-budget"),),
        receipt="no model · extractive (no model configured) · $0.00 · 1.5 s · ref ab12cd34",
        reference="ab12cd34",
        actions=("good", "bad", "why", "sources", "retry", "hand_over"),
    )


def test_the_receipt_is_worded_for_its_reader_whatever_the_language_of_the_answer() -> None:
    answer = by_model(cost_micro_usd=4200)

    assert answer_card(answer, PORTUGUESE).receipt == (
        "openai/gpt · nova (o modelo respondeu) · US$ 0,0042 · 1,5 s · ref. ab12cd34"
    )


def test_what_a_model_wrote_is_not_called_a_quotation() -> None:
    assert answer_card(by_model(), ENGLISH).notice == ""


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
        "The budget is used up, so the documents were searched by words alone."
    )


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("saving", "a cheaper model, to keep within the budget"),
        ("asked_together", "somebody asked the same at that moment"),
    ],
)
def test_the_receipt_says_why_a_fresh_answer_is_not_the_preferred_model_s(reason: str, told: str) -> None:
    assert answer_card(by_model(rung_reason=reason), ENGLISH).receipt.startswith(f"openai/gpt · fresh ({told}) · ")


def test_the_receipt_of_a_fallback_names_each_model_that_failed_once() -> None:
    attempts = (
        attempt("gpt-6.1-terra", "overloaded"),
        attempt("gpt-6.1-terra", "unavailable"),
        attempt("shared", "refused", provider="openrouter"),
        attempt("shared", "overloaded", provider="anthropic"),
        attempt("shared", "answered", provider="anthropic"),
    )
    answer = by_model(
        provider="anthropic", model="shared", rung="fallback", rung_reason="model_failed", attempts=attempts
    )

    assert answer_card(answer, ENGLISH).receipt.startswith(
        "anthropic/shared · fallback (gpt-6.1-terra, shared failed) · "
    )
    assert "alternativa (falha de gpt-6.1-terra, shared)" in answer_card(answer, PORTUGUESE).receipt


def test_the_receipt_of_a_quotation_names_the_models_that_failed_where_any_was_asked() -> None:
    asked = answer_to("q", "a", rung_reason="models_failed", attempts=(attempt("gpt", "unavailable"),))
    resting = answer_to("q", "a", rung_reason="models_failed")

    assert answer_card(asked, ENGLISH).receipt.startswith("no model · extractive (gpt failed) · ")
    assert answer_card(resting, ENGLISH).receipt.startswith("no model · extractive (no model answered) · ")


def test_an_answer_from_memory_says_how_old_it_is() -> None:
    answer = by_model(rung="cached", rung_reason="asked_before", cached=True, age_s=7300.0)

    assert answer_card(answer, ENGLISH).receipt.startswith(
        "openai/gpt · from memory, 2 h old (asked before) · $0.00 · "
    )
    assert "de memória, há 2 h (já perguntada antes)" in answer_card(answer, PORTUGUESE).receipt
    assert answer_card(answer, ENGLISH).notice == ""


def test_an_answer_to_a_similar_question_says_to_which_on_one_line_and_in_short() -> None:
    answer = by_model(rung="cached", rung_reason="similar_question", age_s=60.0, similar_to="How much\n\x1b[31mmay I?")
    long = by_model(rung="cached", rung_reason="similar_question", age_s=60.0, similar_to="why " * 200)

    assert answer_card(answer, ENGLISH).notice == "This was the answer to a similar question: “How much may I?”"
    assert len(answer_card(long, ENGLISH).notice) < 300
    assert answer_card(long, ENGLISH).notice.endswith("why…”")


def test_a_model_s_own_words_are_told_from_what_the_documents_say() -> None:
    unbacked = by_model(citations=())

    assert answer_card(unbacked, ENGLISH).notice == (
        "Not backed by the documents: no source stands behind this answer."
    )
    assert answer_card(by_model(citations=(), refused=True), ENGLISH).notice == ""


def test_an_answer_that_ends_too_early_says_so() -> None:
    assert answer_card(by_model(truncated=True), ENGLISH).notice == (
        "The model reached its length limit, so the answer ends too early."
    )


def test_an_apology_says_why_and_does_not_call_itself_unbacked() -> None:
    answer = answer_to("q", "I cannot answer now.", citations=(), rung="apology", rung_reason="models_failed")

    card = answer_card(answer, ENGLISH)

    assert card.notice == ""
    assert card.receipt.startswith("no model · apology (no model answered) · ")


def test_a_cost_is_exact_where_it_is_small_and_called_about_where_it_was_estimated() -> None:
    small, estimated = (
        by_model(cost_micro_usd=312),
        by_model(cost_micro_usd=312, tokens=TokenUsage(9, 9, estimated=True)),
    )

    assert " · $0.000312 · " in answer_card(small, ENGLISH).receipt
    assert " · about $0.000312 · " in answer_card(estimated, ENGLISH).receipt
    assert " · cerca de US$ 0,000312 · " in answer_card(estimated, PORTUGUESE).receipt


def test_a_restart_names_the_model_that_broke_off_on_one_line() -> None:
    assert restart_notice(Restart("openai", "g\npt"), PORTUGUESE) == (
        "openai/g pt parou no meio; o que escreveu não vale. Recomeçando."
    )


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_no_error_shows_its_own_text_and_each_gives_a_reference(error: Exception, locale: str) -> None:
    card = failure_card(error, reference="ab12cd34", shown="", phrases=phrases_in(locale))

    assert "sk-123" not in card.text
    assert "ab12cd34" in card.text
    assert not card.receipt


def test_every_kind_of_error_has_a_sentence_of_its_own() -> None:
    sentences = {failure_card(error, reference="r", shown="", phrases=ENGLISH).text for error in ERRORS}

    assert len(sentences) == len(ERRORS)


@pytest.mark.parametrize("error", [UnreadableDocument("torn"), ProviderError("no", provider="openai")])
def test_an_error_without_a_sentence_of_its_own_is_told_as_its_ancestor(error: Exception) -> None:
    told = failure_card(error, reference="r", shown="", phrases=ENGLISH)

    assert told == failure_card(RagError(), reference="r", shown="", phrases=ENGLISH)


def test_a_provider_that_says_when_to_come_back_is_passed_on_rounded_up() -> None:
    error = ProviderUnavailable("busy", provider="openai", retry_after_s=29.2)

    assert failure_card(error, reference="r1", shown="", phrases=PORTUGUESE).text == (
        "openai não está respondendo. Tente de novo em 30 s. Referência: r1."
    )
    overloaded = ProviderOverloaded("busy", provider="openai", retry_after_s=1800)
    assert "in 30 min." in failure_card(overloaded, reference="r1", shown="", phrases=ENGLISH).text


@pytest.mark.parametrize(
    ("subject", "english", "portuguese"),
    [
        (
            "user:U1",
            "You may ask me 10 questions a minute, and you have. Please ask again in 30 s.",
            "Você pode me fazer 10 perguntas por minuto e já fez. Pergunte de novo em 30 s, por favor.",
        ),
        (
            "channel:C1",
            "This channel may ask me 10 questions a minute, and it has. Please ask again in 30 s.",
            "Este canal pode me fazer 10 perguntas por minuto e já fez. Pergunte de novo em 30 s, por favor.",
        ),
        (
            "workspace:T1",
            "Everybody here together may ask me 10 questions a minute, and they have. Please ask again in 30 s.",
            (
                "Todos aqui, juntos, podem me fazer 10 perguntas por minuto e já fizeram."
                " Pergunte de novo em 30 s, por favor."
            ),
        ),
        (
            "everything",
            "I may be asked 10 questions a minute, and I have been. Please ask again in 30 s.",
            "Posso receber 10 perguntas por minuto e já recebi. Pergunte de novo em 30 s, por favor.",
        ),
    ],
)
def test_who_asked_too_much_is_told_the_limit_and_when_to_ask_again_and_nobody_else_is(
    subject: str, english: str, portuguese: str
) -> None:
    refusal = one_too_many(subject)

    assert refusal_card(refusal, ENGLISH) == Card(english, private=True)
    assert refusal_card(refusal, PORTUGUESE) == Card(portuguese, private=True)


@pytest.mark.parametrize(
    ("window", "english", "portuguese"),
    [
        ("second", "1 question a second", "1 pergunta por segundo"),
        ("minute", "1 question a minute", "1 pergunta por minuto"),
        ("hour", "1 question an hour", "1 pergunta por hora"),
        ("day", "1 question a day", "1 pergunta por dia"),
        ("month", "1 question a month", "1 pergunta por mês"),
    ],
)
def test_a_limit_is_named_with_its_window(window: str, english: str, portuguese: str) -> None:
    refusal = one_too_many(measure=f"requests_per_{window}", limit=1)

    assert f" {english}," in refusal_card(refusal, ENGLISH).text
    assert f" {portuguese} " in refusal_card(refusal, PORTUGUESE).text


@pytest.mark.parametrize(("seconds", "told"), [(0.004, "1 s"), (59.01, "60 s"), (1800, "30 min"), (90_000, "25 h")])
def test_nobody_is_told_to_come_back_before_there_is_room(seconds: float, told: str) -> None:
    assert refusal_card(one_too_many(retry_after_s=seconds), ENGLISH).text.endswith(f"ask again in {told}.")


@pytest.mark.parametrize("subject", ["user:U1", "channel:C1", "workspace:T1", "everything"])
def test_where_nothing_may_be_asked_nobody_is_told_to_come_back(subject: str) -> None:
    refusal = one_too_many(subject, limit=0, retry_after_s=None)

    assert refusal_card(refusal, ENGLISH) == Card(
        "I may not take questions here: the limit is 0 questions a minute.", private=True
    )
    assert refusal_card(refusal, PORTUGUESE) == Card(
        "Não posso receber perguntas aqui: o limite é 0 perguntas por minuto.", private=True
    )


def test_an_error_in_the_middle_keeps_what_was_already_written() -> None:
    card = failure_card(StateUnavailable(), reference="r1", shown="Half an answer", phrases=ENGLISH)

    assert card.text == "Half an answer"
    assert "My database does not answer" in card.notice
    assert "r1" in card.notice


def test_a_failure_can_be_asked_again_and_handed_over_by_its_reference() -> None:
    for shown in ("", "Half an answer"):
        card = failure_card(StateUnavailable(), reference="r1", shown=shown, phrases=ENGLISH)

        assert (card.reference, card.actions) == ("r1", ("retry", "hand_over"))


def test_a_refusal_has_a_reference_and_can_be_tried_again_where_that_will_help() -> None:
    for_now = refusal_card(one_too_many(), PORTUGUESE, reference="r1")
    for_ever = refusal_card(one_too_many(limit=0, retry_after_s=None), ENGLISH, reference="r1")

    assert for_now.text.endswith("Pergunte de novo em 30 s, por favor. Referência: r1.")
    assert (for_now.reference, for_now.actions, for_now.private) == ("r1", ("retry",), True)
    assert for_ever.text.endswith("Reference: r1.")
    assert (for_ever.reference, for_ever.actions, for_ever.private) == ("r1", (), True)


def question(text: str, locale: Locale = "en") -> Question:
    return Question(
        reference="r1",
        thread=Thread("slack", "C1", "1"),
        message_id="1",
        author=Person(id="U1", locale=locale),
        text=text,
    )


def test_an_apology_names_the_question_and_can_be_asked_again() -> None:
    card = apology_card(question("How\n<@U2> " + "much " * 100), ENGLISH)

    assert card.text.startswith("I was interrupted before I could finish answering “How ‹@U2› much much")
    assert card.text.endswith("much…”. Sorry. It can be asked again. Reference: r1.")
    assert (card.reference, card.actions) == ("r1", ("retry", "hand_over"))
    assert (
        "Fui interrompido antes de terminar de responder “Quanto?”"
        in apology_card(question("Quanto?"), PORTUGUESE).text
    )


def test_a_stopped_answer_is_kept_labelled_and_can_be_asked_again() -> None:
    assert stopped_card("Half", ENGLISH, reference="r1") == Card(
        text="Half",
        notice="Stopped. The answer is not complete. Reference: r1.",
        reference="r1",
        actions=("retry", "hand_over"),
    )
    assert stopped_card("", PORTUGUESE, reference="r1") == Card(
        text="Interrompida antes de haver uma resposta. Referência: r1.", reference="r1", actions=("retry", "hand_over")
    )


def test_titles_from_documents_stay_on_their_line_and_obey_nobody() -> None:
    answer = answer_to("q", "a")
    hostile = answer.citations[0].__class__(
        1, "Bud\x1b[31mgets\n\nand more", "A\u202eB", "s", "docs/a.md\x07", "quoted\x1b[2J\nwords"
    )

    card = answer_card(by_model(citations=(hostile,)), ENGLISH)

    assert card.sources == (Source(1, "Budgets and more", "AB", "docs/a.md", "quoted words"),)


def test_a_chat_starts_with_two_lines_that_say_how_much_is_known() -> None:
    assert welcome(IndexStats(1200, 5000, 0, None), ENGLISH).splitlines() == [
        "I know 1,200 documents: ask me anything about them.",
        "/help lists the commands, Ctrl-C stops an answer, /quit leaves.",
    ]
    assert "ragbot ingest" in welcome(IndexStats(0, 0, 0, None), ENGLISH)


@pytest.mark.parametrize(
    ("window", "english", "portuguese"),
    [
        ("second", "this second", "neste segundo"),
        ("minute", "this minute", "neste minuto"),
        ("hour", "this hour", "nesta hora"),
        ("day", "today", "hoje"),
        ("month", "this month", "neste mês"),
    ],
)
def test_the_receipt_tells_what_is_left_in_whole_cents_before_its_reference(
    window: str, english: str, portuguese: str
) -> None:
    left = Allowance("user", window, left_micro_usd=1_929_999, limit_micro_usd=2_000_000)

    assert answer_card(by_model(), ENGLISH, left).receipt == (
        f"openai/gpt · fresh (the model answered) · $0.00 · 1.5 s · $1.92 of $2.00 left {english} · ref ab12cd34"
    )
    assert answer_card(by_model(), PORTUGUESE, left).receipt.endswith(
        f" · restam US$ 1,92 de US$ 2,00 {portuguese} · ref. ab12cd34"
    )


QUOTED = (
    Source(
        1, "Budgets", "Daily budget", "docs/budget.md#daily-budget", "Set `daily_budget` under `routing.cost_limits`."
    ),
)


def test_the_sources_of_a_model_s_answer_are_quoted_in_short_and_those_of_a_quotation_are_the_answer() -> None:
    long = replace(answer_to("q", "a").citations[0], quote="word " * 100)

    assert answer_card(by_model(), ENGLISH).sources == QUOTED
    assert [source.quote for source in answer_card(answer_to("q", "a"), ENGLISH).sources] == [""]
    (source,) = answer_card(by_model(citations=(long,)), ENGLISH).sources
    assert source.quote.endswith("word…")
    assert len(source.quote) <= 200
    (source,) = quotes_card(by_model(citations=(long,)), ENGLISH).sources
    assert source.quote == ("word " * 100).strip()


def test_an_answer_without_sources_has_no_button_for_them() -> None:
    assert "sources" not in answer_card(by_model(citations=()), ENGLISH).actions


def test_what_an_answer_quotes_can_call_nobody() -> None:
    card = answer_card(answer_to("q", "Ask <!channel> [1]."), ENGLISH)

    assert card.text == "Ask ‹!channel› [1]."


EVIDENCE = (
    Evidence(1, "Budgets", "Daily", "l", "s", "default", 0.9, 12.345, 0.25, cited=True),
    Evidence(2, "Ba`ck\nups", "", "l", "s", "default", 0.0321, None, None, cited=False),
)
ROUTE = (
    Candidate("openai", "gpt", taken=True, reason="failed"),
    Candidate("gemini", "flash", taken=True, reason="answered"),
)


def test_why_tells_the_task_the_route_the_passages_and_how_many_are_out_of_reach() -> None:
    answer = by_model(task="factual", route=ROUTE, evidence=EVIDENCE, standalone="How much\nmay *I* spend?")

    assert explanation_card(answer, 2, ENGLISH) == Card(
        "I took the question as: “How much may *I* spend?”\n"
        "I took it for a question about facts.\n"
        "The answer is fresh: the model answered.\n"
        "\n"
        "**Models**\n"
        "- `openai/gpt`: was asked and failed\n"
        "- `gemini/flash`: answered\n"
        "\n"
        "**Passages that I read**\n"
        "- [1] `Budgets › Daily`: score 0.900, words 12.35, meaning 0.75 – **cited**\n"
        "- [2] ``Ba`ck ups``: score 0.032\n"
        "\n"
        "2 more passages were found that may not be read here.",
        private=True,
    )
    assert explanation_card(answer, 1, PORTUGUESE).text.splitlines() == [
        "Entendi a pergunta assim: “How much may *I* spend?”",
        "Tratei como uma pergunta sobre fatos.",
        "A resposta é nova: o modelo respondeu.",
        "",
        "**Modelos**",
        "- `openai/gpt`: foi perguntado e falhou",
        "- `gemini/flash`: respondeu",
        "",
        "**Trechos que li**",
        "- [1] `Budgets › Daily`: pontuação 0,900, palavras 12,35, sentido 0,75 – **citado**",
        "- [2] ``Ba`ck ups``: pontuação 0,032",
        "",
        "Foi encontrado mais 1 trecho que não pode ser lido aqui.",
    ]


def test_why_says_nothing_of_what_there_was_not() -> None:
    answer = answer_to("q", "Nothing.", citations=(), evidence=(), refused=True, rung_reason="nothing_relevant")

    assert explanation_card(answer, 0, ENGLISH).text == (
        "The answer is extractive: nothing relevant found.\n\nI found no passage."
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_why_has_a_word_for_every_task_and_for_whatever_became_of_a_model(locale: str) -> None:
    phrases = phrases_in(locale)
    route = tuple(Candidate("openai", "gpt", taken=False, reason=reason) for reason in get_args(CandidateReason))

    told = explanation_card(by_model(route=route), 0, phrases).text
    tasks = {explanation_card(by_model(task=task), 0, phrases).text for task in get_args(Task)}

    assert len({line for line in told.splitlines() if line.startswith("- `openai/gpt`")}) == len(route)
    assert len(tasks) == len(get_args(Task))


def test_the_sources_of_an_answer_are_shown_to_one_person_with_their_sentences() -> None:
    card = quotes_card(answer_to("How\nmuch?", "a"), ENGLISH)

    assert (card.text, card.private) == ("What I quoted to answer “How much?”:", True)
    assert card.sources == QUOTED
    for without in (None, answer_to("q", "a", citations=())):
        assert quotes_card(without, PORTUGUESE) == Card("Essa resposta não tem fontes.", private=True)


def test_what_was_added_is_handed_over_as_a_quotation_that_calls_nobody() -> None:
    card = hand_over_card("How much?", "So.", None, ("U1",), ENGLISH, note=" Please!\nAsk <@U9> ")

    assert card.tagged == ("U1",)
    assert card.text.split("\n\n")[1:] == [
        "> How much?",
        "What was added:",
        "> Please!\n> Ask ‹@U9›",
        "What I had answered:",
        "So.",
    ]
    assert "O que foi acrescentado:\n\n> Já." in hand_over_card("Q?", None, None, (), PORTUGUESE, note="Já.").text


@pytest.mark.parametrize("changes", [{}, {"citations": (), "refused": True}])
def test_an_answer_for_outsiders_says_that_only_what_is_public_was_used(changes: dict[str, object]) -> None:
    told = "Guests or people of other organisations may read this, so I use only public documents."

    assert answer_card(by_model(**changes), ENGLISH, is_outside=True).notice == told
    assert answer_card(by_model(**changes), ENGLISH).notice == ""
    truncated = answer_card(by_model(**changes, truncated=True), PORTUGUESE, is_outside=True).notice
    assert truncated.startswith("Convidados ou pessoas de outras organizações podem ler isto, por isso uso só")
    assert truncated.endswith("termina antes da hora.")


def test_people_are_handed_the_question_the_answer_and_its_sources_and_called_by_the_bot_alone() -> None:
    answer = answer_to("q", "a")

    card = hand_over_card("How much?\n\nAsk <@U9>", "Ask <!here> [1].", answer, ("U1", "U2"), ENGLISH)

    assert card == Card(
        "This question is yours now; I keep quiet here until somebody asks me by name.\n"
        "\n"
        "> How much?\n"
        ">\n"
        "> Ask ‹@U9›\n"
        "\n"
        "What I had answered:\n"
        "\n"
        "Ask ‹!here› [1].",
        sources=QUOTED,
        tagged=("U1", "U2"),
    )
    assert hand_over_card("Quanto?", None, None, ("U1",), PORTUGUESE) == Card(
        "Esta pergunta agora é de vocês; fico quieto aqui até que alguém me chame pelo nome.\n\n> Quanto?",
        tagged=("U1",),
    )
