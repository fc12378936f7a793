"""Answers, interruptions and errors become what a person reads; nowhere else does an error become a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from textwrap import shorten
from types import MappingProxyType

from bot.locales import Phrases
from bot.messages import Card, Source
from bot.text import one_line
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
from rag.model import Answer, Citation, IndexStats, Restart

_QUOTED_CHARS = 200

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
        Exception: "error.unexpected",
    }
)


def answer_card(answer: Answer, phrases: Phrases) -> Card:
    """The answer with what its reader must know of it, its sources and its receipt."""
    return Card(
        text=answer.text,
        notice=" ".join(_notices(answer, phrases)),
        sources=tuple(_source(citation) for citation in answer.citations),
        receipt=receipt(answer, phrases),
    )


def receipt(answer: Answer, phrases: Phrases) -> str:
    """The line under an answer: who wrote it, how and why so, what it cost, how long it took, where to look it up."""
    return phrases(
        "receipt.line",
        model=phrases("receipt.no_model") if answer.model is None else _model(answer.provider, answer.model),
        rung=_rung(answer, phrases),
        reason=_reason(answer, phrases),
        cost=_cost(answer, phrases),
        time=phrases.seconds(answer.latency_s),
        reference=answer.reference,
    )


def restart_notice(restart: Restart, phrases: Phrases) -> str:
    """What is told where an answer begins again."""
    return phrases("answer.restarted", model=_model(restart.provider, restart.model))


def stopped_card(streamed: str, phrases: Phrases) -> Card:
    """What was written before the answer was stopped, labelled as such."""
    if streamed:
        return Card(text=streamed, notice=phrases("answer.stopped"))
    return Card(text=phrases("answer.stopped_early"))


def failure_card(error: Exception, *, reference: str, streamed: str, phrases: Phrases) -> Card:
    """What was written before the error, if anything, and an honest sentence about it; never the error's own text."""
    sentence = phrases("error.with_reference", sentence=_sentence(error, phrases), reference=reference)
    return Card(text=streamed, notice=sentence) if streamed else Card(text=sentence)


def refusal_card(refusal: QuotaExceeded, phrases: Phrases) -> Card:
    """Why a question was not taken, and when the next one will be; nobody else's business."""
    kind = refusal.subject.partition(":")[0]
    limit = phrases.count("count.questions", refusal.limit)
    window = phrases(f"window.{refusal.measure.rpartition('_')[2]}")
    if refusal.retry_after_s is None:
        return Card(phrases("quota.never", limit=limit, window=window), private=True)
    time = phrases.span(math.ceil(refusal.retry_after_s))
    return Card(phrases(f"quota.{kind}", limit=limit, window=window, time=time), private=True)


def welcome(stats: IndexStats, phrases: Phrases) -> str:
    """The two lines with which a chat in the terminal starts."""
    known = phrases.count("console.welcome", stats.documents) if stats.documents else phrases("console.welcome_empty")
    return f"{known}\n{phrases('console.welcome_hint')}"


def _notices(answer: Answer, phrases: Phrases) -> Iterator[str]:
    # A refusal quotes nothing, and its own text says so.
    if answer.rung == "extractive" and not answer.refused:
        yield phrases("answer.extractive")
    elif answer.unbacked:
        yield phrases("answer.unbacked")
    if answer.similar_to is not None:
        yield phrases("answer.similar", question=shorten(one_line(answer.similar_to), _QUOTED_CHARS, placeholder="…"))
    if answer.truncated:
        yield phrases("answer.truncated")
    if answer.degraded is not None:
        yield phrases(f"degraded.{answer.degraded}")


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
        if attempt.outcome != "answered" and (attempt.provider, attempt.model) != wrote
    )
    if failed and answer.rung_reason in {"model_failed", "models_failed"}:
        return phrases("receipt.failed", models=", ".join(failed))
    return phrases(f"reason.{answer.rung_reason}")


def _cost(answer: Answer, phrases: Phrases) -> str:
    cost = phrases.usd(answer.cost_micro_usd)
    return phrases("receipt.estimated", cost=cost) if answer.tokens.estimated else cost


def _source(citation: Citation) -> Source:
    return Source(
        n=citation.n,
        title=one_line(citation.title),
        heading=one_line(citation.heading),
        link=one_line(citation.link),
    )


def _sentence(error: Exception, phrases: Phrases) -> str:
    if isinstance(error, ProviderUnavailable) and error.retry_after_s is not None:
        wait = phrases.span(math.ceil(error.retry_after_s))
        return phrases("error.provider_unavailable_until", provider=error.provider, time=wait)
    nearest = next(kind for kind in type(error).__mro__ if kind in _SENTENCES)
    return phrases(_SENTENCES[nearest], provider=error.provider if isinstance(error, ProviderError) else "")
