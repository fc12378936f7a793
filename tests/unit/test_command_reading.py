"""How a message is read: as a call with its arguments, as a slip of the keys, or as a question."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS, Call, call_in, named, nearest, read_call
from bot.commands.base import Argument, Command, WrongUsage
from bot.locales import LOCALES, phrases_in

BY_NAME = {command.name: command for command in COMMANDS}
LABELLED = Path(__file__).parents[1] / "data" / "commands"


def bound(text: str) -> dict[str, str]:
    """The arguments of a call, as typed."""
    name, *words = text.removeprefix("/").split()
    command = named(name, COMMANDS)
    assert command is not None, name
    return command.bind(words)


def right_to(text: str) -> str:
    command = named(text.split(maxsplit=1)[0].removeprefix("/"), COMMANDS)
    assert command is not None, text
    return command.right_to(bound(text))


class TestArguments:
    @pytest.mark.parametrize(
        "units", [("last week", "channel", "by user"), ("semana passada", "canal", "por pessoa")], ids=LOCALES
    )
    def test_that_are_known_by_what_they_are_come_in_any_order(self, units: Sequence[str]) -> None:
        for order in itertools.permutations(units):
            assert bound(f"/cost {' '.join(order)}") == {"period": "last-week", "spender": "channel", "by": "user"}

    @pytest.mark.parametrize(
        ("text", "arguments"),
        [
            ("/cost last month", {"period": "last-month"}),
            ("/cost mês passado", {"period": "last-month"}),
            ("/cost MES PASSADO", {"period": "last-month"}),
            ("/cost last-month", {"period": "last-month"}),
            ("/cost this month", {"period": "month"}),
            ("/cost deste mês", {"period": "month"}),
            ("/cost by model", {"by": "model"}),
            ("/cost per model", {"by": "model"}),
            ("/cost por modelo", {"by": "model"}),
            ("/cost por model today", {"by": "model", "period": "today"}),
            ("/custo todo mundo", {"spender": "everything"}),
            ("/gastos hoje por canal", {"period": "today", "by": "channel"}),
            ("/cost channel by channel", {"spender": "channel", "by": "channel"}),
            ("/cost <@U2> yesterday", {"spender": "user:U2", "period": "yesterday"}),
            ("/cost <#C7|general>", {"spender": "channel:C7"}),
            (
                "/budget set 5 a day for this channel",
                {"action": "set", "amount": "5", "window": "day", "whose": "channel"},
            ),
            (
                "/budget for this channel set a day 5",
                {"action": "set", "amount": "5", "window": "day", "whose": "channel"},
            ),
            (
                "/orçamento definir US$ 5,50 por mês para este canal",
                {"action": "set", "amount": "5.50", "window": "month", "whose": "channel"},
            ),
            ("/budget definir $5 day", {"action": "set", "amount": "5", "window": "day"}),
            ("/budget set 5 usd everything", {"action": "set", "amount": "5", "whose": "everything"}),
            ("/budget set 5 dollars", {"action": "set", "amount": "5"}),
            ("/budget lift unlimited", {"action": "lift", "amount": "unlimited"}),
            ("/orçamento liberar sem limite", {"action": "lift", "amount": "unlimited"}),
            ("/budget reset <@&77>", {"action": "reset", "whose": "role:77"}),
            (
                "/limits set requests_per_minute=20 for role:eng",
                {"action": "set", "limit": "requests_per_minute=20", "whose": "role:eng"},
            ),
            ("/limites definir Perguntas_Por_Minuto=20", {"action": "set", "limit": "requests_per_minute=20"}),
            ("/limits set usd_por_pergunta=0,05", {"action": "set", "limit": "usd_per_request=0.05"}),
            ("/limits set tokens_por_mês=ilimitado", {"action": "set", "limit": "tokens_per_month=unlimited"}),
            ("/models pin acme/large", {"action": "pin", "model": "acme/large"}),
            ("/modelos fixar mais barato", {"action": "pin", "model": "cheapest"}),
            ("/forget SIM", {"sure": "yes"}),
            ("/search for parking in Lisbon", {"text": "for parking in Lisbon"}),
        ],
    )
    def test_are_read_in_both_languages_with_fillers_accents_and_capitals_as_people_have_them(
        self, text: str, arguments: dict[str, str]
    ) -> None:
        assert bound(text) == arguments

    @pytest.mark.parametrize(
        "text",
        [
            "/cost by nonsense",
            "/cost by",
            "/cost 2026",
            "/cost month month",
            "/cost channel everything",
            "/cost role:eng",
            "/cost @channel",
            "/budget set five",
            "/budget set -5",
            "/budget set +5",
            "/budget set R$ 5",
            "/budget set R$5",
            "/budget set 5 euros",
            "/budget set 1e3",
            "/budget set 5%",
            "/budget set 5 6",
            "/budget set 1.000",
            "/budget set 12,500",
            "/budget set .5",
            "/budget set ٥",
            "/budget set 5 user:",
            "/budget set 5 @everyone",
            f"/budget set 5 user:{'U' * 200}",
            "/limits set foo=1",
            "/limits set requests_per_minute=-1",
            "/limits set requests_per_minute=1.5",
            "/limits set requests_per_minute=1.000",
            "/limits set requests_per_minute=",
            "/limits set requests_per_fortnight=2",
            "/limits set tokens_per_request=2",
            "/models pin gpt",
            "/models pin /",
            "/forget maybe",
            "/status now",
            "/search",
            "/ask",
        ],
    )
    def test_that_mean_nothing_are_refused(self, text: str) -> None:
        with pytest.raises(WrongUsage):
            bound(text)

    @pytest.mark.parametrize(
        ("text", "arguments"),
        [
            ("/cost user:U2 month", {"spender": "user:U2", "period": "month"}),
            ("/cost @U2 month", {"spender": "user:U2", "period": "month"}),
            ("/budget set 5 user:U2 month", {"action": "set", "amount": "5", "whose": "user:U2", "window": "month"}),
        ],
    )
    def test_that_are_names_end_with_their_word(self, text: str, arguments: dict[str, str]) -> None:
        assert bound(text) == arguments

    @pytest.mark.parametrize(
        ("text", "right"),
        [
            ("/cost", ""),
            ("/cost mine last month by model", ""),
            ("/cost channel", "sees"),
            ("/cost workspace", "sees"),
            ("/cost everything", "sees"),
            ("/cost user:U2", "sees"),
            ("/budget", ""),
            ("/budget channel", ""),
            ("/budget everything month", ""),
            ("/budget user:U2", "sees"),
            ("/budget history", "sees"),
            ("/budget set 5", "changes"),
            ("/budget lift 5 user:U2", "changes"),
            ("/budget reset", "changes"),
            ("/budget 5", "changes"),
            ("/budget unlimited", "changes"),
            ("/limits", ""),
            ("/limits requests_per_minute channel", ""),
            ("/limits user:U2", "sees"),
            ("/limits history", "sees"),
            ("/limits set requests_per_minute=1", "changes"),
            ("/limits reset requests_per_minute", "changes"),
            ("/models", ""),
            ("/models history", "sees"),
            ("/models pin acme/large", "changes"),
            ("/models pin cheapest", "changes"),
            ("/models unpin", "changes"),
            ("/forget yes", ""),
            ("/search parking", ""),
            ("/report", "sees"),
            ("/alerts", "sees"),
            ("/alerts off", "changes"),
        ],
    )
    def test_take_the_right_to_what_they_ask_for(self, text: str, right: str) -> None:
        assert right_to(text) == right

    @pytest.mark.parametrize("locale", LOCALES)
    def test_may_be_written_in_no_way_that_means_two_things(self, locale: str) -> None:
        """A word that two arguments of a command take would be read as whichever comes first."""
        shared = {
            (command.name, word): (one.name, other.name)
            for command in COMMANDS
            for one, other in itertools.combinations(command.arguments, 2)
            if not (one.after or other.after)
            for word in _words(one) & _words(other)
        }

        assert shared == {}, locale


def _words(argument: Argument) -> frozenset[str]:
    return frozenset(word for choice in argument.choices for word in choice.words)


KNOWN_WORDS = sorted({word for command in COMMANDS for argument in command.arguments for word in _words(argument)})
ANY_WORD = st.one_of(
    st.sampled_from(KNOWN_WORDS),
    st.sampled_from(
        ["by", "por", "of", "=", "5", "$5", "user:U1", "user:*", "role:", "@", "<@U1>", "a/b", "usd_per_day=1"]
    ),
    st.text(min_size=1).filter(lambda word: word.split() == [word]),
)


class TestWhateverIsTyped:
    @given(st.sampled_from(COMMANDS), st.lists(ANY_WORD, max_size=6))
    def test_is_bound_or_refused_and_nothing_else(self, command: Command, words: list[str]) -> None:
        try:
            arguments = command.bind(words)
        except WrongUsage:
            return

        assert arguments.keys() <= {argument.name for argument in command.arguments}
        assert command.right_to(arguments) in {"", "sees", "changes"}

    @pytest.mark.parametrize("locale", LOCALES)
    def test_every_example_of_a_command_is_a_call_that_binds(self, locale: str) -> None:
        phrases = phrases_in(locale)
        for command in COMMANDS:
            for example in command.examples_in(phrases):
                call = read_call(example, COMMANDS)
                assert call is not None, example
                assert call.name == command.name, example
                command.bind(call.words)

    @pytest.mark.parametrize("locale", LOCALES)
    def test_every_choice_is_taken_as_it_is_shown(self, locale: str) -> None:
        for argument in (argument for command in COMMANDS for argument in command.arguments):
            for choice in argument.choices:
                assert argument.read(choice.shown(phrases_in(locale))) == choice.name

    def test_is_read_without_a_slash_only_where_all_of_it_makes_sense(self) -> None:
        assert read_call("budget set 5", COMMANDS) is not None
        assert read_call("cost last month by model", COMMANDS) is not None
        assert read_call("budget for the offsite?", COMMANDS) is None
        assert read_call("limits of liability", COMMANDS) is None
        assert read_call("ask HR about sabbaticals", COMMANDS) is None


class TestWords:
    @pytest.mark.parametrize(
        ("text", "call"),
        [
            ("how much did I spend yesterday?", Call("cost", ("yesterday", "mine"), in_words=True)),
            ("quanto gastei ontem?", Call("cost", ("yesterday", "mine"), in_words=True)),
            ("set the budget to 5 dollars a day", Call("budget", ("set", "5", "day"), in_words=True)),
            ("is OpenAI down?", Call("status", (), in_words=True)),
            ("/cost how much?", Call("cost", ("how", "much?"))),
            ("souces", Call("souces")),
            ("How much is the Pro plan?", None),
            ("budget for the offsite?", None),
            ("search engines that we support", None),
        ],
    )
    def test_call_a_command_only_where_they_surely_mean_it(self, text: str, call: Call | None) -> None:
        assert call_in(text, COMMANDS) == call

    @pytest.mark.parametrize(
        ("text", "is_about_money"),
        [
            ("how much did I spend yesterday?", True),
            ("how much budget is left today?", True),
            ("/cost yesterday", False),
            ("set the budget to 5 dollars a day", False),
            ("is OpenAI down?", False),
            ("reset the budget of this channel", False),
        ],
    )
    def test_ask_of_money_or_change_it(self, text: str, is_about_money: bool) -> None:  # noqa: FBT001 - a column
        call = call_in(text, COMMANDS)
        assert call is not None
        assert call.is_about_money == is_about_money

    @pytest.mark.parametrize("text", ["contas", "documentos", "perguntar ao RH?"])
    def test_that_people_may_mean_call_nothing_in_any_language(self, text: str) -> None:
        assert read_call(text, COMMANDS) is None

    @given(st.one_of(st.text(), st.lists(ANY_WORD, max_size=8).map(" ".join)))
    def test_of_any_kind_are_read_without_an_error(self, text: str) -> None:
        call = call_in(text, COMMANDS)

        assert call is None or call.name
        assert call is None or not text.strip().startswith("/") or not call.in_words


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message, with what it is by hand, and what it is taken for."""

    text: str
    wanted: tuple[str, str | None]

    @property
    def taken(self) -> tuple[str, str | None]:
        call = call_in(self.text, COMMANDS)
        command = None if call is None else named(call.name, COMMANDS)
        if call is None or (command is not None and command.name == "ask" and not self.text.startswith("/")):
            return "question", None  # `ask …` is answered from the documents
        if command is not None:
            return "command", command.name
        guess = nearest(call.name, COMMANDS)
        meant = None if guess is None else named(guess, COMMANDS)
        return ("unknown", None) if meant is None else ("near_miss", meant.name)


def labelled(language: str) -> list[Labelled]:
    rows = map(json.loads, (LABELLED / f"{language}.jsonl").read_text(encoding="utf-8").splitlines())
    return [Labelled(row["text"], (row["kind"], row["command"])) for row in rows]


FLOORS = {"command": (0.97, 0.97), "near_miss": (0.97, 0.97), "question": (0.97, 0.97), "unknown": (0.93, 0.93)}
"""Precision and recall."""


@pytest.mark.parametrize("kind", FLOORS)
@pytest.mark.parametrize("language", ["en", "pt"])
def test_messages_that_were_sorted_by_hand_are_taken_for_what_they_are(language: str, kind: str) -> None:
    messages = labelled(language)
    wanted = [one for one in messages if one.wanted[0] == kind]
    said = [one for one in messages if one.taken[0] == kind]
    right = [one for one in wanted if one.taken == one.wanted]
    wrong = [(one.text, one.taken) for one in messages if one.taken != one.wanted and one in {*wanted, *said}]
    precision, recall = FLOORS[kind]

    assert len(wanted) >= 16
    assert len(right) / len(said) >= precision, wrong
    assert len(right) / len(wanted) >= recall, wrong


@pytest.mark.parametrize("language", ["en", "pt"])
def test_no_question_of_the_documents_changes_anything(language: str) -> None:
    for one in labelled(language):
        call = call_in(one.text, COMMANDS)
        if one.wanted[0] == "question" and call is not None and (command := named(call.name, COMMANDS)) is not None:
            assert command.right_to(command.bind(call.words)) != "changes", one.text


@pytest.mark.parametrize("end", ["?", " ?", "??", "...", "…", "?!"])
@pytest.mark.parametrize(
    "text",
    [
        "budget reset", "budget set 5", "budget lift unlimited everything", "alerts off", "alerts here", "models unpin",
        "models pin cheapest", "limits reset requests_per_minute", "forget yes", "mute", "unmute",
        "orçamento definir 5", "alertas desligar", "esquecer sim", "silenciar",
    ],
)  # fmt: skip
def test_a_question_changes_nothing(text: str, end: str) -> None:
    call = read_call(text, COMMANDS)

    assert call is not None, "without the mark it is a call"
    assert read_call(f"{text}{end}", COMMANDS) is None


@pytest.mark.parametrize("text", ["status?", "help!", "cost month?", "budget?", "limits!", "sources.", "orçamento?"])
def test_what_only_tells_may_be_asked_with_a_mark(text: str) -> None:
    assert read_call(text, COMMANDS) == read_call(text.rstrip("?!."), COMMANDS)


@pytest.mark.parametrize(
    "text",
    ["budget 2026", "orçamento 2026", "budget 5000", "orçamento de 5 dólares", "budget $9 a day", "models fastest"],
)
def test_how_much_without_what_to_do_is_no_change(text: str) -> None:
    assert read_call(text, COMMANDS) is None


@pytest.mark.parametrize(
    "text",
    [
        "budget of this channel set to $5 a day", "budget set to 5.1 a day", "budget everything set to $4 a day",
        "limits set to requests_per_minute=20", "budget: reset", "status:",
    ],
)  # fmt: skip
def test_what_somebody_has_done_is_not_done_again(text: str) -> None:
    assert read_call(text, COMMANDS) is None


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("/status?", Call("status")),
        ("/help!", Call("help")),
        ("/cost month?", Call("cost", ("month",))),
        ("/budget set 5 a day.", Call("budget", ("set", "5", "a", "day"))),
        ("/budget set 5?", Call("budget", ("set", "5?"))),
        ("/forget yes?", Call("forget", ("yes?",))),
        ("/search what is it?", Call("search", ("what", "is", "it?"))),
    ],
)
def test_a_mark_after_a_slash_command_is_none_of_its_words(text: str, call: Call) -> None:
    assert read_call(text, COMMANDS) == call
