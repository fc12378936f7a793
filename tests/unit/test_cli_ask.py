from __future__ import annotations

import json

from bot.cli.ask import as_dict
from rag.model import Attempt, TokenUsage
from tests.fakes.scripted_pipeline import answer_to

ATTEMPTS = (
    Attempt("openai", "gpt", "overloaded", seconds=0.123456, tokens=TokenUsage(), cost_micro_usd=0),
    Attempt(
        "anthropic",
        "claude",
        "answered",
        seconds=2.0,
        tokens=TokenUsage(900, 40, cached_input=800, thinking=10),
        cost_micro_usd=312,
    ),
)


def test_an_answer_as_json_tells_of_every_attempt_and_of_all_that_is_known() -> None:
    answer = answer_to(
        "q",
        "a",
        provider="anthropic",
        model="claude",
        rung="fallback",
        rung_reason="model_failed",
        truncated=True,
        tokens=TokenUsage(900, 40, cached_input=800, estimated=True),
        attempts=ATTEMPTS,
        cost_micro_usd=312,
    )

    told = json.loads(json.dumps(as_dict(answer)))

    assert told["tokens"] == {"input": 900, "output": 40, "cached_input": 800}
    assert told["attempts"] == [
        {
            "purpose": "answer",
            "provider": "openai",
            "model": "gpt",
            "outcome": "overloaded",
            "seconds": 0.1235,
            "tokens": {"input": None, "output": None, "cached_input": None},
            "cost_usd": 0,
        },
        {
            "purpose": "answer",
            "provider": "anthropic",
            "model": "claude",
            "outcome": "answered",
            "seconds": 2.0,
            "tokens": {"input": 900, "output": 40, "cached_input": 800},
            "cost_usd": 0.000312,
        },
    ]
    assert (
        told.items()
        >= {
            "cost_usd": 0.000312,
            "tokens_estimated": True,
            "truncated": True,
            "unbacked": False,
            "age_s": None,
            "similar_to": None,
        }.items()
    )


def test_a_remembered_answer_as_json_tells_its_age_and_its_question() -> None:
    answer = answer_to(
        "q", "a", model="gpt", citations=(), rung="cached", age_s=7300.12345, similar_to="the other?", cached=True
    )

    told = as_dict(answer)

    assert (told["age_s"], told["similar_to"], told["cached"], told["unbacked"]) == (7300.123, "the other?", True, True)
