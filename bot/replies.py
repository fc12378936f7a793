"""Answers, interruptions and errors become what a person reads; nowhere else does an error become a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from textwrap import shorten
from types import MappingProxyType

from bot.locales import Phrases
from bot.messages import Action, Card, Question, Source
from bot.safety import safe
from bot.text import code_span, one_line
from rag.errors import (
    BudgetExhausted,
    ConfigurationError,
    ContentRefused,
    IndexMismatch,
    IndexUnavailable,
    IngestBusy,
    ModelGone,
    PriceUnknown,
    PromptTooLong,
    ProviderDisabled,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    QuotaExceeded,
    RagError,
    StateUnavailable,
)
from rag.model import Allowance, Answer, Candidate, Evidence, IndexStats, Restart

_QUOTED_CHARS = 200
_WHOLE_QUOTE_CHARS = 1_000
_ANSWERED: tuple[Action, ...] = ("good", "bad", "why", "sources", "retry", "hand_over")
_UNANSWERED: tuple[Action, ...] = ("retry", "hand_over")

# An error without a line of its own is told as its nearest ancestor.
_SENTENCES: Mapping[type, str] = MappingProxyType(
    {
        ConfigurationError: "error.configuration",
        IndexMismatch: "error.index_mismatch",
        IndexUnavailable: "error.index_unavailable",
        IngestBusy: "error.ingest_busy",
        StateUnavailable: "error.state_unavailable",
        QuotaExceeded: "error.quota_exceeded",
        BudgetExhausted: "error.budget_exhausted",
        PriceUnknown: "error.price_unknown",
        PromptTooLong: "error.prompt_too_long",
        ContentRefused: "error.content_refused",
        ModelGone: "error.model_gone",
        ProviderDisabled: "error.provider_disabled",
        ProviderRefused: "error.provider_refused",
        ProviderUnavailable: "error.provider_unavailable",
        RagError: "error.expected",
        TimeoutError: "error.too_slow",
        Exception: "error.unexpected",
    }
)


def answer_card(
    answer: Answer, phrases: Phrases, allowance: Allowance | None = None, *, is_outside: bool = False
) -> Card:
    """The answer with what its reader must know of it, its sources, its receipt and its buttons.

    Args:
        allowance: What whoever asked may still spend.
        is_outside: Of whoever asked, as in `Person`.
    """
    return Card(
        text=safe(answer.text),
        notice=" ".join(_notices(answer, phrases, is_outside=is_outside)),
        # Where no model wrote it, the answer is the quotations.
        sources=_sources(answer, quote_chars=0 if answer.model is None else _QUOTED_CHARS),
        receipt=receipt(answer, phrases, allowance),
        reference=answer.reference,
        actions=_ANSWERED if answer.citations else tuple(action for action in _ANSWERED if action != "sources"),
    )


def receipt(answer: Answer, phrases: Phrases, allowance: Allowance | None = None) -> str:
    """The line under an answer: who wrote it, how and why so, cost, time, what is left, where to look it up."""
    parts = (
        phrases("receipt.no_model") if answer.model is None else _model(answer.provider, answer.model),
        phrases("receipt.rung", rung=_rung(answer, phrases), reason=_reason(answer, phrases)),
        _cost(answer, phrases),
        phrases.seconds(answer.latency_s),
        *(() if allowance is None else (_left(allowance, phrases),)),
        phrases("receipt.reference", reference=answer.reference),
    )
    return " · ".join(parts)


def restart_notice(restart: Restart, phrases: Phrases) -> str:
    """What is told where an answer begins again."""
    return phrases("answer.restarted", model=_model(restart.provider, restart.model))


def again_notice(why: str, question: str, phrases: Phrases) -> str:
    """What is told where a question is answered again: it was `edited`, `retried` or `resumed`; empty for none."""
    return phrases(f"again.{why}", question=_quoted(question)) if why else ""


def stopped_card(shown: str, phrases: Phrases, *, reference: str) -> Card:
    """What was written before the answer was stopped, labelled as such."""
    sentence = phrases("answer.stopped" if shown else "answer.stopped_early")
    notice = phrases("error.with_reference", sentence=sentence, reference=reference)
    if shown:
        return Card(text=shown, notice=notice, reference=reference, actions=_UNANSWERED)
    return Card(text=notice, reference=reference, actions=_UNANSWERED)


def failure_card(error: Exception, *, reference: str, shown: str, phrases: Phrases) -> Card:
    """What was written before the error, if anything, and an honest sentence about it; never the error's own text."""
    sentence = phrases("error.with_reference", sentence=_sentence(error, phrases), reference=reference)
    if shown:
        return Card(text=shown, notice=sentence, reference=reference, actions=_UNANSWERED)
    return Card(text=sentence, reference=reference, actions=_UNANSWERED)


def apology_card(question: Question, phrases: Phrases) -> Card:
    """What stands in place of an answer that a process which is gone has left unfinished."""
    sentence = phrases("again.apology", question=_quoted(question.text))
    notice = phrases("error.with_reference", sentence=sentence, reference=question.reference)
    return Card(text=notice, reference=question.reference, actions=_UNANSWERED)


def refusal_card(refusal: QuotaExceeded, phrases: Phrases, *, reference: str = "") -> Card:
    """Why a question was not taken, and when the next one will be; nobody else's business."""
    kind = refusal.subject.partition(":")[0]
    limit = phrases.count("count.questions", refusal.limit)
    window = phrases(f"window.{refusal.measure.rpartition('_')[2]}")
    if refusal.retry_after_s is None:
        sentence = phrases("quota.never", limit=limit, window=window)
    else:
        time = phrases.span(math.ceil(refusal.retry_after_s))
        sentence = phrases(f"quota.{kind}", limit=limit, window=window, time=time)
    if not reference:
        return Card(sentence, private=True)
    notice = phrases("error.with_reference", sentence=sentence, reference=reference)
    actions: tuple[Action, ...] = () if refusal.retry_after_s is None else ("retry",)
    return Card(notice, private=True, reference=reference, actions=actions)


def nothing_public_card(phrases: Phrases, *, reference: str = "") -> Card:
    """Why nothing is answered where outsiders read along: the documents may well say it, but not to them."""
    return Card(phrases("outside.nothing_public"), reference=reference, actions=_UNANSWERED if reference else ())


def shared_card(card: Card, call: str, person: str) -> Card:
    """What a command told one person, as they show it to everybody.

    Args:
        call: The command, as it was written: it stands above what it told.
        person: Who shows it, by their id; the platform says so in its own way.
    """
    text = f"{code_span(_quoted(call))}\n\n{card.text}"
    return replace(card, text=text, private=False, reference="", actions=(), shared_by=person)


def quotes_card(answer: Answer | None, phrases: Phrases) -> Card:
    """The sources of an answer with the sentences that they were cited for."""
    if answer is None or not answer.citations:
        return Card(phrases("quotes.none"), private=True)
    return Card(
        phrases("quotes.heading", question=_quoted(answer.question)),
        sources=_sources(answer, quote_chars=_WHOLE_QUOTE_CHARS),
        private=True,
    )


def explanation_card(answer: Answer, outside: int, phrases: Phrases) -> Card:
    """How an answer came about: how the question was taken, which models were asked, what was read and what cited.

    Args:
        outside: Passages that this place may not read; how many, never which.
    """
    parts = [
        "\n".join(_understanding(answer, phrases)),
        "\n".join(_route(answer, phrases)),
        "\n".join(_passages(answer, phrases)),
    ]
    if outside:
        parts.append(phrases.count("why.outside", outside))
    return Card("\n\n".join(part for part in parts if part), private=True)


def hand_over_card(
    question: str, said: str | None, answer: Answer | None, people: tuple[str, ...], phrases: Phrases, *, note: str = ""
) -> Card:
    """The question, the answer and its passages, for people to go on with; it calls them.

    Args:
        note: What whoever hands it over wants them to know besides.
    """
    text = phrases("hand_over.done", question=_block(question))
    if note.strip():
        text += "\n\n" + phrases("hand_over.note", note=_block(note.strip()))
    if said:
        text += "\n\n" + phrases("hand_over.answer", answer=safe(said))
    sources = () if answer is None else _sources(answer, quote_chars=_QUOTED_CHARS)
    return Card(text, sources=sources, tagged=people)


def welcome(stats: IndexStats, phrases: Phrases) -> str:
    """The two lines with which a chat in the terminal starts."""
    known = phrases.count("console.welcome", stats.documents) if stats.documents else phrases("console.welcome_empty")
    return f"{known}\n{phrases('console.welcome_hint')}"


def _notices(answer: Answer, phrases: Phrases, *, is_outside: bool) -> Iterator[str]:
    if is_outside:
        yield phrases("outside.only_public")
    # A refusal quotes nothing, and its own text says so.
    if answer.rung == "extractive" and not answer.refused:
        yield phrases("answer.extractive")
    elif answer.unbacked:
        yield phrases("answer.unbacked")
    if answer.similar_to is not None:
        yield phrases("answer.similar", question=_quoted(answer.similar_to))
    if answer.truncated:
        yield phrases("answer.truncated")
    if answer.degraded is not None:
        yield phrases(f"degraded.{answer.degraded}")


def _understanding(answer: Answer, phrases: Phrases) -> Iterator[str]:
    if answer.standalone is not None:
        yield phrases("why.standalone", question=_quoted(answer.standalone))
    if answer.task is not None:
        yield phrases("why.task", task=phrases(f"task.{answer.task}"))
    yield phrases("why.rung", rung=_rung(answer, phrases), reason=_reason(answer, phrases))


def _route(answer: Answer, phrases: Phrases) -> Iterator[str]:
    if answer.route:
        yield phrases("why.route")
    for candidate in answer.route:
        yield _candidate(candidate, phrases)


def _candidate(candidate: Candidate, phrases: Phrases) -> str:
    model = code_span(f"{candidate.provider}/{candidate.model}")
    return phrases("why.candidate", model=model, reason=phrases(f"candidate.{candidate.reason}"))


def _passages(answer: Answer, phrases: Phrases) -> Iterator[str]:
    if not answer.evidence:
        yield phrases("why.no_passages")
        return
    yield phrases("why.passages")
    for passage in answer.evidence:
        yield _passage(passage, phrases)


def _passage(passage: Evidence, phrases: Phrases) -> str:
    name = f"{passage.title} › {passage.heading}" if passage.heading else passage.title
    scores = [phrases("why.score", score=phrases.number(passage.score, decimals=3))]
    if passage.text_score is not None:
        scores.append(phrases("why.by_words", score=phrases.number(passage.text_score, decimals=2)))
    if passage.vector_distance is not None:
        scores.append(phrases("why.by_meaning", score=phrases.number(1 - passage.vector_distance, decimals=2)))
    key = "why.cited" if passage.cited else "why.not_cited"
    return phrases(key, n=str(passage.n), name=code_span(name), scores=", ".join(scores))


def _left(allowance: Allowance, phrases: Phrases) -> str:
    left, limit = phrases.usd_in_cents(allowance.left_micro_usd), phrases.usd(allowance.limit_micro_usd)
    return phrases("receipt.left", left=left, limit=limit, until=phrases(f"until.{allowance.window}"))


def _quoted(text: str) -> str:
    return shorten(one_line(safe(text)), _QUOTED_CHARS, placeholder="…")


def _block(text: str) -> str:
    """A text as a quotation of its own."""
    return "\n".join(f"> {line}".rstrip() for line in safe(text).splitlines())


def _model(provider: str, model: str) -> str:
    """A model by the name that the configuration, the bill and `ragbot route` know it by."""
    return one_line(f"{provider}/{model}")


def _rung(answer: Answer, phrases: Phrases) -> str:
    rung = phrases(f"rung.{answer.rung}")
    return rung if answer.age_s is None else phrases("receipt.aged", rung=rung, age=phrases.span(answer.age_s))


def _reason(answer: Answer, phrases: Phrases) -> str:
    wrote = answer.provider, answer.model  # it may have failed once, before it answered
    failed = dict.fromkeys(
        one_line(attempt.model)  # without its provider: the receipt is one line
        for attempt in answer.attempts
        if attempt.purpose == "answer" and attempt.outcome != "answered" and (attempt.provider, attempt.model) != wrote
    )
    if failed and answer.rung_reason in {"model_failed", "models_failed"}:
        return phrases("receipt.failed", models=", ".join(failed))
    return phrases(f"reason.{answer.rung_reason}")


def _cost(answer: Answer, phrases: Phrases) -> str:
    cost = phrases.usd(answer.cost_micro_usd)
    return phrases("receipt.estimated", cost=cost) if answer.tokens.estimated else cost


def _sources(answer: Answer, *, quote_chars: int) -> tuple[Source, ...]:
    """The citations of an answer, with so much of what each one quotes."""
    return tuple(
        Source(
            n=citation.n,
            title=one_line(citation.title),
            heading=one_line(citation.heading),
            link=one_line(citation.link),
            quote=shorten(one_line(citation.quote), quote_chars, placeholder="…") if quote_chars else "",
        )
        for citation in answer.citations
    )


def _sentence(error: Exception, phrases: Phrases) -> str:
    if isinstance(error, ProviderUnavailable) and error.retry_after_s is not None:
        wait = phrases.span(math.ceil(error.retry_after_s))
        return phrases("error.provider_unavailable_until", provider=error.provider, time=wait)
    nearest = next(kind for kind in type(error).__mro__ if kind in _SENTENCES)
    return phrases(_SENTENCES[nearest], provider=error.provider if isinstance(error, ProviderError) else "")
