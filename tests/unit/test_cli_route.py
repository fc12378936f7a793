from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from typing import get_args

import pytest

from bot.cli import EXIT_OK, EXIT_WRONG_USE, main, route
from bot.commands import Call
from rag.model import Candidate, CandidateReason, Language, Policy, RoutePlan, Task

PLAN = RoutePlan(
    task="code_generation",
    language="pt",
    fresh=True,
    policy="cheapest",
    saving=True,
    candidates=(
        Candidate("gemini", "flash", taken=False, reason="not_configured"),
        Candidate("openai", "gpt", taken=True, reason="first", estimate_micro_usd=12_345),
        Candidate("openrouter", "meta/llama", taken=True, reason="fallback", estimate_micro_usd=312),
    ),
)


def test_every_reason_task_language_and_policy_has_its_words() -> None:
    assert set(route._REASONS) == set(get_args(CandidateReason))
    assert set(route._TASKS) == set(get_args(Task))
    assert set(route._LANGUAGES) == set(get_args(Language))
    assert set(route._POLICIES) == set(get_args(Policy))


def test_a_plan_is_told_as_a_table_of_who_is_asked_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    route._print(PLAN)

    first, fresh, saving, _, _, *rows, _, last = capsys.readouterr().out.splitlines()
    assert first == "a question that asks for code, in Portuguese; models are asked the cheapest first"
    assert "how things stand now" in fresh
    assert "cheaper models come first" in saving
    assert [re.split(" {2,}", row.strip()) for row in rows] == [
        ["–", "gemini/flash", "passed over", "its provider has no key", "–"],
        ["1", "openai/gpt", "taken", "asked first", "$0.012345"],
        ["2", "openrouter/meta/llama", "taken", "asked if those before it fail", "$0.000312"],
    ]
    assert last == "After the last of them: a remembered answer, or quotations from the documents."


def test_a_plan_of_which_no_model_is_taken_says_what_comes_instead(capsys: pytest.CaptureFixture[str]) -> None:
    route._print(replace(PLAN, candidates=PLAN.candidates[:1]))

    assert capsys.readouterr().out.endswith(
        "\nNone of them can be asked now: a remembered answer, or quotations from the documents.\n"
    )


def test_a_plan_without_any_model_has_no_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    route._print(RoutePlan("quick", "en", fresh=False, policy="preferred", saving=False, candidates=()))

    assert capsys.readouterr().out == (
        "a quick question, in English; models are asked in the order of the configuration\n\n"
        "No model is on this route: the answer is quoted from the documents.\n"
    )


def test_models_that_are_passed_over_are_dim_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    route._print(PLAN)

    dim = [line for line in capsys.readouterr().out.splitlines() if "\x1b[2m" in line]
    assert len(dim) == 1
    assert "gemini/flash" in dim[0]


def test_a_plan_as_json_has_what_scripts_rely_on() -> None:
    assert json.loads(json.dumps(route.as_dict(PLAN))) == {
        "kind": "question",
        "command": None,
        "words": [],
        "hint": None,
        "task": "code_generation",
        "language": "pt",
        "fresh": True,
        "policy": "cheapest",
        "saving": True,
        "candidates": [
            {
                "provider": "gemini",
                "model": "flash",
                "taken": False,
                "reason": "not_configured",
                "estimate_usd": None,
            },
            {"provider": "openai", "model": "gpt", "taken": True, "reason": "first", "estimate_usd": 0.012345},
            {
                "provider": "openrouter",
                "model": "meta/llama",
                "taken": True,
                "reason": "fallback",
                "estimate_usd": 0.000312,
            },
        ],
    }


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("/sources", "the command /sources: answered without any model\n"),
        ("status", "the command /status: answered without any model\n"),
        ("/souces now", "a command, but there is no /souces; did you mean /sources?\n"),
        ("/xyzzy", "a command, but there is no /xyzzy\n"),
        ("/cost last month", "the command /cost last month: answered without any model\n"),
        (
            "how much did we spend this month?",
            "a question of money, answered from the books by /cost month everything, without any model\n",
        ),
        (
            "set the budget to 5 dollars a day",
            "a wish in words, answered from the books by /budget set 5 day, without any model\n",
        ),
    ],
)
def test_a_command_is_told_from_a_question(message: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", message]) == EXIT_OK
    assert capsys.readouterr().out == told


def test_a_command_as_json_has_the_keys_of_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "/sources", "--json"]) == EXIT_OK

    told = json.loads(capsys.readouterr().out)
    assert told.keys() == route.as_dict(PLAN).keys()
    assert (told["kind"], told["command"], told["task"], told["candidates"]) == ("command", "sources", None, [])


def test_a_question_of_money_as_json_names_the_call_that_answers_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "quanto gastamos este mês?", "--json"]) == EXIT_OK

    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["command"], told["words"]) == ("money", "cost", ["month", "everything"])


def test_a_plan_names_the_call_that_a_question_may_have_meant() -> None:
    hint = Call("cost", ("month", "everything"), in_words=True)

    assert route.as_dict(PLAN, hint)["hint"] == "/cost month everything"


def test_no_message_has_no_route(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", " "]) == EXIT_WRONG_USE
    assert capsys.readouterr().err.startswith("ragbot route: what is the message? For example: ")
