from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot
from bot.commands import COMMANDS
from bot.commands.base import Right
from bot.entries import Outcome
from bot.intent.intent import Direction
from bot.locales import LOCALES, phrases_in
from bot.messages import Locale
from rag.model import CandidateReason, Degraded, Policy, ProviderState, Rung, RungReason, Stage, Task
from rag.quota.events import ThresholdName
from rag.quota.quotas import Resource, SubjectKind
from rag.quota.windows import Window

SOURCES = Path(bot.__file__).parent
ARGUMENTS = tuple(argument for command in COMMANDS for argument in command.arguments)
# Sentences that are looked up by a value of the core: each of its values needs one.
LOOKED_UP = {
    "rung": Rung,
    "reason": RungReason,
    "working": Stage,
    "degraded": Degraded,
    "provider_state": ProviderState,
    "task": Task,
    "candidate": CandidateReason,
    "policy": Policy,
    "measured": Resource,
}
# A provider's limits are never a reader's, and `request` is no window to wait for.
OF_LIMITS = {
    *(f"quota.{kind}" for kind in get_args(SubjectKind) if kind != "provider"),
    *(f"{prefix}.{window}" for prefix in ("window", "until") for window in get_args(Window) if window != "request"),
}
# Why the conversation begins an answer again.
OF_BEGINNINGS = {"again.edited", "again.retried", "again.resumed"}
# How a question of somebody's own page ended; commands are none.
OF_ENDINGS = {
    f"home.ended.{ending}" for ending in (*get_args(Outcome), "under_way", "nothing_found") if ending != "command"
}
BY_VALUE = {
    *(f"{prefix}.{value}" for prefix, values in LOOKED_UP.items() for value in get_args(values)),
    *OF_LIMITS,
    *OF_BEGINNINGS,
    *OF_ENDINGS,
    *(f"argument.{argument.name}" for argument in ARGUMENTS),
    *(f"reads.{argument.name}" for argument in ARGUMENTS if argument.reads is not None),
    *(f"word.{choice.name}" for argument in ARGUMENTS for choice in argument.choices),
    *(f"word.{argument.after}" for argument in ARGUMENTS if argument.after),
    *(f"command.admins_{right}" for right in get_args(Right) if right),
    *(f"history.reached_{name}" for name in get_args(ThresholdName)),
    *(f"budget.not_{direction}" for direction in get_args(Direction) if direction),
}
# The same word in both languages.
SAME = {"measured.tokens"}


def _string_constants() -> Iterator[str]:
    for file in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _keys_asked_for() -> Iterator[str]:
    """The first argument of every `phrases(…)` and `phrases.count(…)` that is written out."""
    for file in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            called = ast.unparse(node.func).removeprefix("self._").removeprefix("call.")
            if called == "phrases":
                yield str(node.args[0].value)
            elif called == "phrases.count":
                yield f"{node.args[0].value!s}.one"


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def _has_words(sentence: str) -> bool:
    return any(character.isalpha() for literal, *_ in string.Formatter().parse(sentence) for character in literal)


def test_every_locale_that_can_be_chosen_has_its_sentences() -> None:
    assert set(LOCALES) == set(get_args(Locale))
    folders = {folder.name: folder for folder in (SOURCES / "locales").iterdir() if list(folder.glob("*.yaml"))}

    assert folders.keys() == set(LOCALES)
    assert len({frozenset(file.name for file in folder.iterdir()) for folder in folders.values()}) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_that_the_code_asks_for_is_there(locale: str) -> None:
    asked = set(_keys_asked_for())

    assert len(asked) > 20
    assert (asked | BY_VALUE) - phrases_in(locale).sentences.keys() == set()


def test_no_sentence_is_left_that_nobody_asks_for() -> None:
    constants = set(_string_constants())
    stems = {key.removesuffix(".one").removesuffix(".other") for key in phrases_in("en").sentences}

    assert stems - constants - BY_VALUE == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_is_translated_with_the_same_things_to_fill_in(locale: str) -> None:
    english, translated = phrases_in("en").sentences, phrases_in(locale).sentences

    assert translated.keys() == english.keys()
    for key, sentence in translated.items():
        if not key.startswith("format.moment"):
            assert _placeholders(sentence) == _placeholders(english[key]), key
        assert sentence.strip() == sentence, key
        assert sentence, key


def test_sentences_in_portuguese_are_not_english_ones_left_behind() -> None:
    english, portuguese = phrases_in("en").sentences, phrases_in("pt-BR").sentences
    same = {key for key, sentence in portuguese.items() if sentence == english[key] and _has_words(sentence)}

    assert {key for key in same - SAME if not key.startswith(("format.", "word."))} == set()


@pytest.mark.parametrize(
    ("locale", "micro_usd", "written"),
    [
        ("en", 0, "$0.00"),
        ("en", 4_200, "$0.0042"),
        ("en", 1, "$0.000001"),
        ("en", 1_500_000, "$1.50"),
        ("en", 1_234_567_890_000, "$1,234,567.89"),
        ("pt-BR", 0, "US$ 0,00"),
        ("pt-BR", 1_234_500_000, "US$ 1.234,50"),
    ],
)
def test_money_is_written_to_the_last_micro_dollar(locale: str, micro_usd: int, written: str) -> None:
    assert phrases_in(locale).usd(micro_usd) == written


@given(st.integers(min_value=0, max_value=10**15))
def test_no_micro_dollar_is_lost_in_writing(micro_usd: int) -> None:
    whole, _, decimals = phrases_in("en").usd(micro_usd).removeprefix("$").replace(",", "").partition(".")

    assert int(whole) * 1_000_000 + int(decimals.ljust(6, "0")) == micro_usd


def test_numbers_dates_and_durations_follow_the_locale() -> None:
    evening = datetime(2026, 11, 22, 22, 5, tzinfo=timezone(timedelta(hours=-3)))
    english, portuguese = phrases_in("en"), phrases_in("pt-BR")

    assert (english.seconds(1.46), portuguese.seconds(1.46)) == ("1.5 s", "1,5 s")
    assert (english.seconds(0.042), portuguese.seconds(0.042)) == ("0.04 s", "0,04 s")
    assert english.moment(evening) == "2026-11-23 01:05 UTC"
    assert portuguese.moment(evening.astimezone(UTC)) == "23/11/2026 01:05 UTC"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7300, "2 h"),
        (172_800, "2 d"),
        (90 * 86_400, "90 d"),
    ],
)
def test_a_length_of_time_is_written_in_its_largest_unit_that_says_enough(seconds: float, written: str) -> None:
    assert {phrases_in(locale).span(seconds) for locale in LOCALES} == {written}


def test_a_share_is_written_in_percent() -> None:
    assert {phrases_in(locale).percent(0.034) for locale in LOCALES} == {"3%"}


def test_amounts_agree_with_their_nouns() -> None:
    phrases = phrases_in("pt-BR")

    assert [phrases.count("count.documents", amount) for amount in (0, 1, 1200)] == [
        "0 documentos",
        "1 documento",
        "1.200 documentos",
    ]


def test_questions_and_calls_are_counted_in_both_languages() -> None:
    english, portuguese = phrases_in("en"), phrases_in("pt-BR")

    assert [english.count("count.questions", amount) for amount in (0, 1, 2)] == [
        "0 questions",
        "1 question",
        "2 questions",
    ]
    assert [portuguese.count("count.questions", amount) for amount in (1, 2)] == ["1 pergunta", "2 perguntas"]
    assert [english.count("count.calls", amount) for amount in (1, 2)] == ["1 call", "2 calls"]
    assert [portuguese.count("count.calls", amount) for amount in (1, 2)] == ["1 chamada", "2 chamadas"]


def test_a_sentence_that_does_not_exist_is_an_error_and_not_an_empty_reply() -> None:
    with pytest.raises(KeyError):
        phrases_in("en")("no.such.sentence")


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_written_twice(locale: str) -> None:
    """YAML would take the last one without a word."""
    path: list[str] = []
    keys: list[str] = []
    for file in (SOURCES / "locales" / locale).glob("*.yaml"):
        for line in file.read_text(encoding="utf-8").splitlines():
            key, colon, _ = line.partition(":")
            if colon and key.strip():
                path[(len(key) - len(key.lstrip())) // 2 :] = [key.strip()]
                keys.append(".".join(path))

    assert len(keys) > 100
    assert [key for key in set(keys) if keys.count(key) > 1] == []
