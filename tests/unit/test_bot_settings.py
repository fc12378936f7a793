from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.access import Admins
from bot.chats import DiscordTokens
from bot.messages import Post
from bot.settings import BOT_FILE, BotSettings, check_files
from bot.terms import AlertRules, Terms
from rag.errors import ConfigurationError
from rag.model import NO_PIN, Pin
from rag.settings import RAG_FILE, RagSettings

SHIPPED = Path(__file__).parents[2] / "config"


def load(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> BotSettings:
    (folder / BOT_FILE).write_text(text, encoding="utf-8")
    return BotSettings.load(folder, environ or {})


def problem(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text)
    (only,) = caught.value.problems
    return str(only).removeprefix(f"{folder}/{BOT_FILE}:")


def test_no_file_an_empty_file_and_the_shipped_file_mean_the_same(tmp_path: Path) -> None:
    without = BotSettings.load(tmp_path, {})
    assert load(tmp_path, "") == without
    assert BotSettings.load(SHIPPED, {}) == without


def test_by_default_the_console_answers_from_the_guide_and_every_place_reads_everything(tmp_path: Path) -> None:
    settings = BotSettings.load(tmp_path, {})
    (guide,) = settings.documents
    assert (guide.path, guide.collection, guide.url) == (Path("docs"), "ragbot-guide", None)
    assert (settings.audiences, settings.public, settings.pins) == ({}, frozenset(), {})
    assert settings.platforms.console.enabled
    assert (settings.at_once, settings.hand_over) == (100, {})
    assert settings.terms == Terms(
        idle=timedelta(days=1), edit=timedelta(hours=1), resume=timedelta(minutes=10), keep=timedelta(days=30)
    )


def test_everything_that_is_written_is_read(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """\
        language: pt-BR
        documents:
          - path: handbook
          - {path: api/, collection: api.v2, url: https://docs.example.com/api/}
        audiences:
          1234567890: [api.v2]
          console: [default, api.v2]
          "*": []
        public_collections: [api.v2]
        pins:
          console: {model: openai/gpt}
          quiet:
          "*": {policy: cheapest}
        conversations:
          idle_minutes: 90
          edit_minutes: 5
          resume_minutes: 3
          keep_days: 7
          at_once: 4
          hand_over:
            1234567890: [U1, U2]
            "*": []
        platforms: {console: {enabled: no}}
        """,
        {"LANG": "en_US.UTF-8"},
    )
    assert settings.locale == "pt-BR"
    handbook, api = settings.documents
    assert (handbook.path, handbook.collection) == (Path("handbook"), "default")
    assert (api.path, api.collection, api.url) == (Path("api"), "api.v2", "https://docs.example.com/api")
    assert settings.audiences == {"1234567890": ("api.v2",), "console": ("default", "api.v2"), "*": ()}
    assert settings.public == {"api.v2"}
    assert settings.pins == {"console": Pin(model="openai/gpt"), "quiet": NO_PIN, "*": Pin(policy="cheapest")}
    assert settings.terms == Terms(
        idle=timedelta(minutes=90), edit=timedelta(minutes=5), resume=timedelta(minutes=3), keep=timedelta(days=7)
    )
    assert (settings.at_once, settings.hand_over) == (4, {"1234567890": ("U1", "U2"), "*": ()})
    assert not settings.platforms.console.enabled


@pytest.mark.parametrize(
    ("environ", "locale"),
    [
        ({}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "pt-BR"),
        ({"LANG": "pt_PT"}, "pt-BR"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "pt_BR", "LC_MESSAGES": "C"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "pt_BR"}, "pt-BR"),
        ({"LANG": "pt_BR", "LC_MESSAGES": "pt_BR", "LC_ALL": "en_GB"}, "en"),
        ({"LANG": "pt_BR", "LC_ALL": ""}, "pt-BR"),
    ],
)
def test_auto_is_the_language_of_the_system(tmp_path: Path, environ: dict[str, str], locale: str) -> None:
    assert load(tmp_path, "language: auto", environ).locale == locale


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("language: no", '1: language: expected en, pt-BR or auto, not "no"'),
        ("language:", "1: language: expected en, pt-BR or auto, not nothing"),
        ("languge: en", "1: languge: unknown key; did you mean language?"),
        ("documents: docs", '1: documents: expected a list, not "docs"'),
        (
            "documents:\n  - collection: x\n",
            "2: documents[0].path: this key is missing; expected the path of a file or folder",
        ),
        (
            "documents:\n  - path: a\n  - path: b\n    colection: x\n",
            "4: documents[1].colection: unknown key; did you mean collection?",
        ),
        ("documents: [docs]", '1: documents[0]: expected keys and values, not "docs"'),
        ("platforms: {teams: {}}", "1: platforms.teams: unknown key; known here: console, slack, discord"),
        (
            "platforms: {discord: {servers: [acme]}}",
            '1: platforms.discord.servers[0]: expected an id of Discord\'s, such as 81384788765712384, not "acme"',
        ),
        (
            "platforms: {discord: {shards: {count: 2, ids: [0, 2]}}}",
            "1: platforms.discord.shards.ids: expected numbers below the count: the first shard is 0",
        ),
        (
            "platforms: {discord: {shards: {count: 0}}}",
            '1: platforms.discord.shards.count: expected a number of shards from 1 to 100000, not "0"',
        ),
        (
            "pins: {console: {policy: cheap}}",
            '1: pins.console.policy: expected preferred, cheapest or fastest, not "cheap"',
        ),
        ("pins: {console: {modle: a/b}}", "1: pins.console.modle: unknown key; did you mean model?"),
        (
            "conversations: {at_once: 0}",
            '1: conversations.at_once: expected a number of questions from 1 to 100000, not "0"',
        ),
        (
            "conversations: {idle_minutes: 1.5}",
            '1: conversations.idle_minutes: expected a number of minutes from 1 to 527040, not "1.5"',
        ),
        ("conversations: {idle_minute: 90}", "1: conversations.idle_minute: unknown key; did you mean idle_minutes?"),
        ("conversations: {hand_over: {C1: U1}}", '1: conversations.hand_over.C1: expected a list, not "U1"'),
        ("audiences: {console: team}", '1: audiences.console: expected a list, not "team"'),
        ("public_collections: guide", '1: public_collections: expected a list, not "guide"'),
    ],
)
def test_a_wrong_key_is_told_with_its_line_and_what_was_expected(tmp_path: Path, text: str, sentence: str) -> None:
    assert problem(tmp_path, text) == sentence


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "é", "a" * 65, "x' OR '1'='1"])
def test_a_collection_has_a_plain_name(tmp_path: Path, name: str) -> None:
    told = problem(tmp_path, f'documents:\n  - path: docs\n    collection: "{name}"\n')
    assert told.startswith("3: documents[0].collection: expected a collection's name: up to 64 letters")
    told = problem(tmp_path, f'audiences:\n  console:\n    - good\n    - "{name}"\n')
    assert told.startswith("4: audiences.console[1]: expected a collection's name: up to 64 letters")
    told = problem(tmp_path, f'public_collections: ["{name}"]\n')
    assert told.startswith("1: public_collections[0]: expected a collection's name: up to 64 letters")


def test_a_name_of_64_characters_is_fine(tmp_path: Path) -> None:
    assert load(tmp_path, f"audiences: {{console: [{'a' * 64}]}}").audiences == {"console": ("a" * 64,)}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/gpt-6.1-tera", "a model from models (the nearest is openai/gpt-6.1-terra)"),
        ("gpt-6.1-terra", "a model whose provider is one of those under providers: anthropic, gemini, openai"),
    ],
)
def test_a_place_is_pinned_to_a_model_of_the_catalogue(tmp_path: Path, model: str, expected: str) -> None:
    path = tmp_path / BOT_FILE
    path.write_text(f"\ufeffpins:\n  '*': {{model: openai/gpt-6-luna}}\n  C1:\n    model: {model}\n", encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        BotSettings.load(tmp_path, {}, RagSettings.load(tmp_path, {}))

    assert [str(problem) for problem in caught.value.problems] == [
        f'{path}:4: pins.C1.model: expected {expected}, not "{model}"'
    ]


def test_a_bot_starts_though_the_model_of_a_pin_is_gone(tmp_path: Path) -> None:
    (tmp_path / BOT_FILE).write_text("pins: {a: {model: openai/gpt-4-turbo}, b: {model: openai/gpt-6.1-terra}}")

    settings = BotSettings.load(tmp_path, {}, RagSettings.load(tmp_path, {}))

    assert settings.pins["a"] == Pin(model="openai/gpt-4-turbo")


def test_check_files_checks_the_pins_against_the_catalogue_of_the_other_file(tmp_path: Path) -> None:
    (tmp_path / BOT_FILE).write_text("pins: {console: {model: openai/gpt-99}}", encoding="utf-8")

    (found,) = check_files(tmp_path, {})

    assert (found.line, found.key) == (1, "pins.console.model")


def test_check_files_tells_every_problem_of_both_files_and_the_environment(tmp_path: Path) -> None:
    (tmp_path / RAG_FILE).write_text("retreival: {}\n", encoding="utf-8")
    (tmp_path / BOT_FILE).write_text("language: fr\n", encoding="utf-8")
    found = check_files(tmp_path, {"RAGBOT_STATE_URL": "mysql://x"})
    assert [(Path(told.file).name, told.key) for told in found] == [
        (RAG_FILE, "retreival"),
        ("environment", "RAGBOT_STATE_URL"),
        (BOT_FILE, "language"),
    ]


def test_check_files_tells_a_missing_folder_once_and_nothing_of_good_files(tmp_path: Path) -> None:
    assert len(check_files(tmp_path / "missing", {})) == 1
    assert check_files(SHIPPED, {}) == ()


def test_by_default_whoever_sits_at_the_terminal_is_admin_and_nothing_is_posted_anywhere(tmp_path: Path) -> None:
    settings = BotSettings.load(tmp_path, {})

    assert settings.admins == Admins(users=frozenset({"console"}))
    assert (settings.post, settings.report_at, settings.alerts) == (None, time(9), AlertRules())


def test_admins_reports_and_alerts_are_as_they_are_written(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """\
        admins: {users: [U1, 42], roles: [ops], groups: [S7], place: "console:console"}
        reports: {at: 7:05}
        alerts: {error_rate: 0.5, slow_answer_s: 3, window_minutes: 4, quiet_minutes: 0}
        """,
    )

    assert settings.admins == Admins(users=frozenset({"U1", "42"}), roles=frozenset({"ops", "S7"}))
    assert (settings.post, settings.report_at) == (Post("console", "console"), time(7, 5))
    assert settings.alerts == AlertRules(
        error_rate=Decimal("0.5"), slow_answer_s=3, window=timedelta(minutes=4), quiet=timedelta()
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [("10:30", time(10, 30)), ("09:00", time(9)), ("00:00", time(0)), ("23:59", time(23, 59)), ("never", None)],
)
def test_the_daily_report_has_its_time_or_never_comes(tmp_path: Path, written: str, read: time | None) -> None:
    assert load(tmp_path, f"reports: {{at: {written}}}").report_at == read


@pytest.mark.parametrize("written", ["24:00", "9", "soon", "-1:00", "09:00:00+02:00"])
def test_what_is_no_time_of_day_is_told(tmp_path: Path, written: str) -> None:
    assert "expected a time of day, such as 09:00, or never" in problem(tmp_path, f'reports: {{at: "{written}"}}')


@pytest.mark.parametrize("written", ["C0G9QF9C6", "console:", ":C1", "slak:C0G9QF9C6"])
def test_what_is_no_place_is_told(tmp_path: Path, written: str) -> None:
    assert "expected a platform that there is and a place on it" in problem(tmp_path, f'admins: {{place: "{written}"}}')


def test_ids_of_discord_need_no_quotation_marks(tmp_path: Path) -> None:
    text = """
platforms:
  discord:
    servers: [112233445566778899]
    answers_in: {223344556677889900: thread}
    shards: {count: 4, ids: [0, 3]}
audiences: {112233445566778899: [guide]}
"""
    settings = load(tmp_path, text, {"DISCORD_BOT_TOKEN": " Bot token.of.it "})

    assert settings.platforms.discord.servers == ("112233445566778899",)
    assert settings.platforms.discord.answers_in == {"223344556677889900": "thread"}
    assert settings.platforms.discord.shards is not None
    assert list(settings.platforms.discord.shards.own) == [0, 3]
    assert settings.audiences == {"112233445566778899": ("guide",)}
    assert settings.discord.bot == "token.of.it"
    assert "token" not in repr(settings.discord)


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({}, "DISCORD_BOT_TOKEN"),
        ({"DISCORD_BOT_TOKEN": "two words"}, "DISCORD_BOT_TOKEN"),
        ({"DISCORD_BOT_TOKEN": "t", "DISCORD_API_URL": "discord.example"}, "DISCORD_API_URL"),
        ({"DISCORD_BOT_TOKEN": "t", "DISCORD_GATEWAY_URL": "http://discord.example"}, "DISCORD_GATEWAY_URL"),
    ],
)
def test_what_is_wrong_in_the_environment_for_discord_is_named(environ: dict[str, str], variable: str) -> None:
    assert [problem.key for problem in DiscordTokens.read(environ).problems()] == [variable]
