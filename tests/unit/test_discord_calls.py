from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import commands_on, named, read_call
from bot.commands.base import Argument, Command, WrongUsage
from bot.locales import Phrases, phrases_in
from bot.platforms.discord.calls import MAX_PROPOSALS, Sought, asked_for, complete, text_of
from bot.platforms.discord.offers import application_commands, is_completed, option_name

COMMANDS = commands_on("discord")
ENGLISH, PORTUGUESE = phrases_in("en"), phrases_in("pt-BR")
MODELS = ["openai/gpt-6.1-terra", "openai/gpt-6.1-luna", "anthropic/claude-opus-5", "gemini/gemini-3.1-pro"]
CHANNELS = {"71": "general", "72": "support-tickets", "73": "ask-support", "74": "férias"}
# What people may give besides choices, and what it means.
FREE: Mapping[str, Mapping[str, str]] = {
    "command": {"cost": "cost", "/cost": "/cost"},
    "collection": {"team_docs": "team_docs", "Handbook-2": "Handbook-2"},
    "spender": {"<@11>": "user:11", "<@!11>": "user:11", "<#71>": "channel:71", "user:11": "user:11"},
    "whose": {"<@11>": "user:11", "<@&55>": "role:55", "<#71>": "channel:71", "role:support": "role:support"},
    "amount": {"5": "5", "2,50": "2.50", "US$ 5": "5", "5 dollars": "5", "ilimitado": "unlimited"},
    "limit": {
        "requests_per_minute=20": "requests_per_minute=20",
        "requests_per_minute = 20": "requests_per_minute=20",
        "perguntas_por_dia": "requests_per_day",
    },
    "model": {"openai/gpt-6.1-terra": "openai/gpt-6.1-terra", "openai / gpt-6.1-terra": "openai/gpt-6.1-terra"},
    "text": {"how much does the Pro plan cost?": "how much does the Pro plan cost?", "month": "month", "/x": "/x"},
    "reason": {"the figure is from last year!": "the figure is from last year!"},
    "note": {"please, before noon…": "please, before noon…"},
}


def called(command: Command, given: Mapping[str, str], *, focused: str = "") -> dict[str, object]:
    """The `data` of an interaction, as Discord sends it."""
    options = [
        {"type": 3, "name": name, "value": value, **({"focused": True} if name == focused else {})}
        for name, value in given.items()
    ]
    if command.name == "ask":
        return {"id": "700", "type": 1, "name": "ask", "options": options}
    subcommand = {"type": 1, "name": command.name, "options": options}
    return {"id": "701", "type": 1, "name": "rag-admin" if command.right else "rag", "options": [subcommand]}


def values(argument: Argument) -> Iterator[tuple[str, str] | None]:
    """All that can be given, and what it means; `None` for leaving it out."""
    if not argument.required:
        yield None
    yield from ((choice.name, choice.name) for choice in argument.choices)
    if argument.is_rest or is_completed(argument):
        yield from FREE[argument.name].items()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_whatever_is_chosen_is_read_as_just_that(command: Command) -> None:
    """Every command with every combination of what its arguments take."""
    for combination in itertools.product(*(tuple(values(argument)) for argument in command.arguments)):
        chosen = [
            (argument, *pair) for argument, pair in zip(command.arguments, combination, strict=True) if pair is not None
        ]
        given = {option_name(command, argument): value for argument, value, _ in chosen}

        # Options come in the order in which they were filled in.
        for order in (given, dict(reversed(given.items()))):
            text = text_of(called(command, order))
            call = read_call(text, COMMANDS)
            assert call is not None, text
            assert call.name == command.name, text
            assert command.bind(call.words) == {argument.name: meant for argument, _, meant in chosen}, text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            {"type": 1, "name": "ask", "options": [{"type": 3, "name": "question", "value": "Why two?\nOr three?"}]},
            "/ask Why two?\nOr three?",
        ),
        (
            {
                "type": 1,
                "name": "rag",
                "options": [
                    {
                        "type": 1,
                        "name": "cost",
                        "options": [
                            {"type": 3, "name": "period", "value": "month"},
                            {"type": 3, "name": "by", "value": "user"},
                        ],
                    }
                ],
            },
            "/cost month by user",
        ),
        ({"type": 1, "name": "rag", "options": [{"type": 1, "name": "status", "options": []}]}, "/status"),
        ({"type": 1, "name": "rag", "options": [{"type": 1, "name": "status"}]}, "/status"),
        ({"type": 1, "name": "rag-admin", "options": [{"type": 1, "name": "report"}]}, "/report"),
        (
            {
                "type": 1,
                "name": "rag",
                "options": [{"type": 2, "name": "old", "options": [{"type": 1, "name": "why"}]}],
            },
            "/why",
        ),
    ],
)
def test_the_text_is_that_of_the_command(data: Mapping[str, object], text: str) -> None:
    assert text_of(data) == text


def test_a_command_of_another_version_is_told_as_it_was_called() -> None:
    options = [{"type": 3, "name": "shape", "value": "round"}, {"type": 3, "name": "size", "value": 3}]

    text = text_of({"type": 1, "name": "rag", "options": [{"type": 1, "name": "draw", "options": options}]})

    assert text == "/draw round 3"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("cost", {"spender": "mine month"}),
        ("cost", {"spender": "Ana Maria"}),
        ("budget", {"amount": "5 month"}),
        ("budget", {"whose": "role:a history"}),
        ("models", {"model": "the fast one"}),
        ("limits", {"limit": "perguntas por minuto"}),
        ("help", {"command": "cost month"}),
    ],
)
def test_what_means_nothing_is_refused_and_not_taken_for_something_else(name: str, given: Mapping[str, str]) -> None:
    command = named(name, COMMANDS)
    assert command is not None
    call = read_call(text_of(called(command, given)), COMMANDS)
    assert call is not None

    with pytest.raises(WrongUsage):
        command.bind(call.words)


@given(st.sampled_from([one for one in COMMANDS if one.name != "ask"]), st.text(max_size=60))
def test_no_value_calls_another_command(command: Command, typed: str) -> None:
    given_everything = {option_name(command, argument): typed for argument in command.arguments}

    call = read_call(text_of(called(command, given_everything)), COMMANDS)

    assert call is not None
    assert call.name == command.name


def sought(name: str, option: str, typed: str) -> Sought:
    command = named(name, COMMANDS)
    assert command is not None
    found = asked_for(called(command, {option: typed}, focused=option))
    assert found is not None
    return found


def proposals(name: str, option: str, typed: str, phrases: Phrases = ENGLISH) -> list[tuple[str, str]]:
    return complete(sought(name, option, typed), models=MODELS, channels=CHANNELS, phrases=phrases)


def test_every_option_that_is_completed_says_what_can_be_proposed() -> None:
    completed = {
        (command.name, argument.name): sought(command.name, option_name(command, argument), "a").kind
        for command in COMMANDS
        for argument in command.arguments
        if is_completed(argument)
    }

    assert completed == {
        ("help", "command"): "commands",
        ("sources", "collection"): "collections",
        ("cost", "spender"): "channels",
        ("budget", "amount"): "amounts",
        ("budget", "whose"): "channels",
        ("limits", "limit"): "limits",
        ("limits", "whose"): "channels",
        ("models", "model"): "models",
    }


def test_what_is_typed_is_the_focused_option_and_no_other() -> None:
    budget = named("budget", COMMANDS)
    assert budget is not None

    found = asked_for(called(budget, {"action": "set", "amount": " 5 ", "whose": ""}, focused="amount"))

    assert found is not None
    assert (found.command.name, found.argument.name, found.typed) == ("budget", "amount", "5")


@pytest.mark.parametrize(
    "data",
    [
        {"type": 1, "name": "rag", "options": [{"type": 1, "name": "status", "options": []}]},
        {"type": 1, "name": "ask", "options": [{"type": 3, "name": "question", "value": "w", "focused": True}]},
        {
            "type": 1,
            "name": "rag",
            "options": [
                {"type": 1, "name": "cost", "options": [{"type": 3, "name": "period", "value": "w", "focused": True}]}
            ],
        },
        {
            "type": 1,
            "name": "rag",
            "options": [
                {"type": 1, "name": "cost", "options": [{"type": 3, "name": "gone", "value": "w", "focused": True}]}
            ],
        },
        {
            "type": 1,
            "name": "rag",
            "options": [
                {"type": 1, "name": "draw", "options": [{"type": 3, "name": "x", "value": "w", "focused": True}]}
            ],
        },
    ],
)
def test_where_there_is_nothing_to_propose_nothing_is_sought(data: Mapping[str, object]) -> None:
    assert asked_for(data) is None


def test_models_are_found_by_how_they_begin_then_by_their_words_then_by_anything_in_them() -> None:
    assert [value for _, value in proposals("models", "model", "open")] == MODELS[:2]
    assert [value for _, value in proposals("models", "model", "luna gpt")] == ["openai/gpt-6.1-luna"]
    assert [value for _, value in proposals("models", "model", "g")] == [
        "gemini/gemini-3.1-pro",
        "openai/gpt-6.1-terra",
        "openai/gpt-6.1-luna",
    ]
    assert [value for _, value in proposals("models", "model", "pen")] == MODELS[:2]
    assert proposals("models", "model", "nothing like it") == []


def test_with_nothing_typed_the_orders_come_before_the_models() -> None:
    assert proposals("models", "model", "", PORTUGUESE) == [
        ("preferido", "preferred"),
        ("mais barato", "cheapest"),
        ("mais rápido", "fastest"),
        *((model, model) for model in MODELS),
    ]


def test_choices_are_found_in_either_language_with_and_without_accents() -> None:
    assert proposals("models", "model", "rapido", PORTUGUESE) == [("mais rápido", "fastest")]
    assert proposals("models", "model", "mais-r", ENGLISH) == [("fastest", "fastest")]
    assert ("mine", "mine") in proposals("cost", "spender", "eu")


def test_channels_are_proposed_by_name_and_given_as_mentions() -> None:
    assert proposals("cost", "spender", "")[:5] == [
        ("mine", "mine"),
        ("channel", "channel"),
        ("workspace", "workspace"),
        ("everything", "everything"),
        ("#general", "<#71>"),
    ]
    assert proposals("cost", "spender", "supp") == [("#support-tickets", "<#72>"), ("#ask-support", "<#73>")]
    assert proposals("budget", "whose", "#ferias") == [("#férias", "<#74>")]


def test_a_mention_that_was_typed_is_proposed_itself() -> None:
    assert proposals("cost", "spender", "<@11>") == [("<@11>", "<@11>")]
    assert proposals("cost", "spender", "<#72>") == [("#support-tickets", "<#72>")]
    assert proposals("cost", "spender", "<@&55>") == [], "a role spends nothing"
    assert proposals("budget", "whose", "<@&55>") == [("<@&55>", "<@&55>")]


def test_an_amount_is_shown_as_it_is_understood() -> None:
    assert proposals("budget", "amount", "5") == [("$5.00", "5")]
    assert proposals("budget", "amount", "2,5", PORTUGUESE) == [("US$ 2,50", "2.5")]
    assert proposals("budget", "amount", "", PORTUGUESE) == [("ilimitado", "unlimited")]
    assert proposals("budget", "amount", "unl") == [("unlimited", "unlimited")]
    assert proposals("budget", "amount", "1.000") == [], "a thousand to some, one to others"
    assert proposals("budget", "amount", "€5") == []


def test_limits_are_proposed_with_the_amount_that_was_typed() -> None:
    assert ("questions a minute: requests_per_minute", "requests_per_minute") in proposals("limits", "limit", "")
    assert [value for _, value in proposals("limits", "limit", "perguntas por min", PORTUGUESE)] == [
        "requests_per_minute"
    ]
    assert proposals("limits", "limit", "perguntas_por_minuto=20", PORTUGUESE) == [
        ("perguntas por minuto: requests_per_minute=20", "requests_per_minute=20")
    ]
    assert proposals("limits", "limit", "requests_per_minute=") == []
    assert proposals("limits", "limit", "usd_per_day=1.000") == []


def test_help_proposes_commands_with_what_they_are_for() -> None:
    assert proposals("help", "command", "cos")[0] == (f"cost: {ENGLISH('cost.summary')}", "cost")
    # The books are told of costs as well.
    assert [value for _, value in proposals("help", "command", "custo", PORTUGUESE)] == ["cost", "books"]
    assert {value for _, value in proposals("help", "command", "")} == {command.name for command in COMMANDS}


def test_the_first_of_many_are_proposed() -> None:
    many = [f"openai/model-{number}" for number in range(40)]

    made = complete(sought("models", "model", "openai"), models=many, phrases=ENGLISH)

    assert [value for _, value in made] == many[:25]


def test_a_name_that_is_too_long_is_cut_and_a_value_is_left_out() -> None:
    long = f"openai/{'x' * 100}"

    assert complete(sought("models", "model", "openai"), models=[long, MODELS[0]], phrases=ENGLISH) == [
        (MODELS[0], MODELS[0])
    ]
    ((shown, value),) = complete(sought("cost", "spender", "word"), channels={"75": "word " * 30}, phrases=ENGLISH)
    assert value == "<#75>"
    assert len(shown) <= 100
    assert shown.endswith("…")


@given(
    st.sampled_from([(one, argument) for one in COMMANDS for argument in one.arguments if is_completed(argument)]),
    st.text(max_size=120),
    st.lists(st.text(max_size=130), max_size=40, unique=True),
)
def test_discord_takes_whatever_is_proposed(pair: tuple[Command, Argument], typed: str, names: list[str]) -> None:
    command, argument = pair
    found = asked_for(called(command, {argument.name: typed}, focused=argument.name))
    assert found is not None

    made = complete(found, models=names, channels=dict(enumerate_as_ids(names)), phrases=ENGLISH)

    assert len(made) <= MAX_PROPOSALS
    assert all(1 <= len(shown) <= 100 and 1 <= len(value) <= 100 for shown, value in made)
    assert len({value for _, value in made}) == len(made)


def enumerate_as_ids(names: list[str]) -> Iterator[tuple[str, str]]:
    yield from ((str(70 + number), name) for number, name in enumerate(names))


@pytest.mark.parametrize("phrases", [ENGLISH, PORTUGUESE], ids=lambda phrases: phrases.locale)
def test_whatever_is_proposed_is_read_by_the_command(phrases: Phrases) -> None:
    for command in COMMANDS:
        for argument in filter(is_completed, command.arguments):
            for typed in ("", "5", "requests_per_minute=20", "<@11>"):
                for _, value in proposals(command.name, option_name(command, argument), typed, phrases):
                    call = read_call(text_of(called(command, {argument.name: value})), COMMANDS)
                    assert call is not None
                    assert command.bind(call.words) == {argument.name: argument.read(value)}


def test_the_commands_that_are_offered_are_those_that_are_read() -> None:
    for offered in application_commands():
        for subcommand in cast("list[dict[str, object]]", offered.get("options", [])):
            if subcommand["type"] == 1:
                text = text_of({"type": 1, "name": offered["name"], "options": [{**subcommand, "options": []}]})
                assert read_call(text, COMMANDS) is not None
                assert named(text.removeprefix("/"), COMMANDS) is not None
