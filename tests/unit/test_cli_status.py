from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from bot.cli import status
from rag.model import Budget, ProviderHealth
from tests.fakes.scripted_pipeline import HEALTH

PROVIDERS = (
    ProviderHealth("openai", "gpt", "ready", error_rate=0.25, first_token_p50_s=0.42, latency_p50_s=2.14),
    ProviderHealth("gemini", "flash", "resting", error_rate=1.0, last_error="HTTP 503: overloaded"),
    ProviderHealth("anthropic", "claude", "off", last_error="HTTP 401: invalid key"),
    ProviderHealth("groq", None, "not_configured"),
)


def test_how_the_models_fare_is_a_table_with_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    status._print(replace(HEALTH, providers=PROVIDERS, problems=("gpt-4o retires on 2027-01-14",)))

    header, *rows, problem = capsys.readouterr().out.partition("provider ")[2].splitlines()
    assert header.split() == ["model", "state", "failed", "first", "token", "whole", "last", "error"]
    assert [row.split(maxsplit=6) for row in rows] == [
        ["openai", "gpt", "ready", "25%", "0.42", "s", "2.1 s  –"],
        ["gemini", "flash", "resting", "100%", "–", "–", "HTTP 503: overloaded"],
        ["anthropic", "claude", "off", "–", "–", "–", "HTTP 401: invalid key"],
        ["groq", "–", "not", "configured", "–", "–", "–  –"],
    ]
    assert problem == "! gpt-4o retires on 2027-01-14"


def test_a_model_that_does_not_answer_stands_out_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    status._print(replace(HEALTH, providers=PROVIDERS))

    shown = capsys.readouterr().out.splitlines()
    styles = {name: next(line for line in shown if name in line) for name in ("openai", "gemini", "anthropic", "groq")}
    assert "\x1b[" not in styles["openai"]
    assert "\x1b[33m" in styles["gemini"]
    assert "\x1b[31m" in styles["anthropic"]
    assert "\x1b[2m" in styles["groq"]


@pytest.mark.parametrize(
    ("budget", "line"),
    [
        (Budget(25_000_000, 0, 0), "budget  $0.00 of $25.00 used today"),
        (Budget(None, 1_500_000, None), "budget  $1.50 used today"),
        (Budget(25_000_000, 1_500_000, 200_000, 0), "budget  $1.50 of $25.00 used today, $0.20 held"),
        (
            Budget(25_000_000, 1_500_000, 200_000, 300_000),
            "budget  $1.50 of $25.00 used today, $0.20 held, $0.30 unconfirmed",
        ),
        (Budget(None, None, None), "budget  not known: nothing is bought while the store does not answer"),
    ],
)
def test_of_the_budget_all_that_is_known_is_told_and_nothing_else(
    budget: Budget, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status._print(replace(HEALTH, budget=budget))

    assert line in capsys.readouterr().out.splitlines()


def test_the_budget_for_scripts_says_null_where_nothing_is_known() -> None:
    known = status.as_dict(replace(HEALTH, budget=Budget(25_000_000, 1_500_000, 200_000, 300_000)))
    unknown = status.as_dict(replace(HEALTH, budget=Budget(None, None, None)))

    assert known["budget"] == {"limit_usd": 25.0, "used_usd": 1.5, "held_usd": 0.2, "unconfirmed_usd": 0.3}
    assert unknown["budget"] == {"limit_usd": None, "used_usd": None, "held_usd": None, "unconfirmed_usd": None}
