"""What can be typed after `ragbot`, with help that shows examples. Imports nothing that a command needs to run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class _Command:
    """A subcommand; the module of its name under `bot.cli` runs it."""

    name: str
    summary: str
    examples: tuple[str, ...]
    arguments: tuple[str, ...] = ()


_COMMANDS = (
    _Command(
        "run",
        "start the bot: keep the configured documents in step and serve the platforms",
        ("ragbot run", 'ragbot run --question "How do I set a daily budget?"'),
        ("one_question",),
    ),
    _Command(
        "chat",
        "chat in this terminal",
        (
            "ragbot chat",
            "ragbot chat --conversation holidays",
            "ragbot chat --collection handbook",
            "ragbot chat --policy cheapest",
            "ragbot chat --as U0123 --role support     # with the rights and limits of somebody else",
        ),
        ("conversation", "person", "scope", "pin"),
    ),
    _Command(
        "ask",
        "answer one question",
        (
            'ragbot ask "How do I set a daily budget?"',
            "ragbot ask --json --collection handbook 'quantas férias tenho?'",
            'ragbot ask --model openai/gpt-6.1-terra "Compare the two backup plans."',
        ),
        ("question", "scope", "pin", "json"),
    ),
    _Command(
        "route",
        "tell which models a message would be sent to, in which order and why; sends nothing",
        (
            'ragbot route "Write a script that restores the last backup."',
            'ragbot route --policy cheapest --json "quantas férias tenho?"',
        ),
        ("message", "pin", "json"),
    ),
    _Command(
        "ingest",
        "take in documents: files and folders; without a path those of config/bot.yaml",
        (
            "ragbot ingest docs",
            "ragbot ingest docs notes.md --collection handbook",
            "ragbot ingest docs --url 'https://example.com/docs/{stem}'",
        ),
        ("paths", "json"),
    ),
    _Command(
        "sources",
        "list what is known: collections, documents, chunks, last synchronisation",
        ("ragbot sources", "ragbot sources --json", "ragbot sources --remove old-handbook"),
        ("remove", "json"),
    ),
    _Command("status", "whether everything works", ("ragbot status", "ragbot status --json"), ("json",)),
    _Command(
        "cost",
        "what was spent: by whom, where, on which model",
        (
            "ragbot cost",
            "ragbot cost --period month --by user",
            "ragbot cost --for channel:C0G9QF9C6 --chart channel.png",
            "ragbot cost --on 2026-11-29 --json",
        ),
        ("costs", "chart", "json"),
    ),
    _Command(
        "report",
        "what was asked, what it cost, what people thought of the answers, and what would be better",
        ("ragbot report", "ragbot report --period month --chart month.png", "ragbot report --on 2026-11-29 --json"),
        ("period", "chart", "json"),
    ),
    _Command(
        "budget",
        "what may be spent, what is left of it, and to change that",
        (
            "ragbot budget",
            "ragbot budget --set 40                    # $40 a day, from now on",
            "ragbot budget --lift 60                   # until this day is over",
            "ragbot budget --for user:U0123 --set 5",
            "ragbot budget --history",
        ),
        ("budgets", "json"),
    ),
    _Command(
        "limits",
        "all limits that hold, how much of them is used, and to change them",
        (
            "ragbot limits",
            "ragbot limits --for user:U0123",
            "ragbot limits --for user:U0123 --set requests_per_minute=20",
            "ragbot limits --for 'user:*' --reset requests_per_minute",
        ),
        ("limits", "json"),
    ),
    _Command(
        "forget",
        "erase what a person asked, and who they are from the books; the sums stay",
        ("ragbot forget --user U0123",),
        ("forgotten", "json"),
    ),
    _Command(
        "doctor",
        "check configuration, folders, index and keys, and say what to do about each failure",
        ("ragbot doctor", "ragbot doctor --json"),
        ("json",),
    ),
    _Command(
        "eval",
        "measure retrieval on a BEIR folder, or answers on a file of questions",
        ("ragbot eval tests/data/retrieval/faquad", "ragbot eval questions.jsonl --json"),
        ("evaluated", "scope", "json"),
    ),
    _Command(
        "manifest",
        "print what Slack or Discord is told of the bot: the app to paste, or the link to invite it by, with reasons",
        (
            "ragbot manifest slack",
            "ragbot manifest slack --json --name handbook",
            "ragbot manifest slack --http https://bot.example.com/slack/events",
            "ragbot manifest discord",
            "ragbot manifest discord --app-id 112233445566778899",
        ),
        ("manifest", "json"),
    ),
    _Command(
        "bench",
        "measure ragbot on this machine (needs the source checkout)",
        ("ragbot bench", "ragbot bench start memory"),
        ("benchmarks", "json"),
    ),
)


class WrongUse(Exception):  # noqa: N818 - named for what happened
    """What was typed cannot be done; the message says why, and what can."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the help has the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n`{self.prog} --help` shows how it is used.\n")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"ragbot {version('ragbot')}")
        parser.exit()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options, `command` among them.

    Raises:
        SystemExit: With 2 after wrong use, with 0 after `--help`; the person has been told.
    """
    parser, commands = _parsers()
    if not arguments:
        parser.exit(2, parser.format_help())
    first, *others = arguments
    if first.startswith("-"):
        parser.parse_known_args([first])  # `--help` and `--version` end here
        parser.error(f"the command comes first, then {first}")
    if first not in commands:
        parser.error(f"there is no command {first}{nearest(first, commands)}")
    command, options = commands[first], argparse.Namespace(command=first)
    if "--" in others:  # the parsing below would lose it (Python 3.11)
        return command.parse_args(others, options)
    # Intermixed: `ingest docs --collection handbook notes.md` names two paths.
    return command.parse_intermixed_args(others, options)


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, to be put behind a complaint; empty where nothing comes near."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _parsers() -> tuple[_Parser, Mapping[str, _Parser]]:
    """The whole parser, and those of the commands in it."""
    parser = _Parser(
        prog="ragbot",
        description="Answers questions from your documents, with sources.",
        epilog=_examples("ragbot ingest docs", 'ragbot ask "How do I set a daily budget?"', "ragbot chat"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND")
    for command in _COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=_examples(*command.examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        for group in command.arguments:
            _ARGUMENTS[group](sub)
        sub.add_argument("--config", type=Path, metavar="FOLDER", help="configuration folder (default: config)")
        sub.add_argument("--verbose", action="store_true", help="log to the terminal as well as to the log file")
    return parser, commands.choices


def _examples(*lines: str) -> str:
    return "\n".join(["examples:", *(f"  {line}" for line in lines)])


def _question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "question", nargs="*", type=_text, help="the question; read from the standard input if left out"
    )


def _message(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message", nargs="*", type=_text, metavar="MESSAGE", help="what would be written to the bot")


def _conversation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--conversation",
        type=_text,
        default="",
        metavar="NAME",
        help="the conversation to go on with, under a name of your choice (default: a new one)",
    )


def _person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as", dest="user", type=_text, metavar="USER", help="whose rights and limits hold (default: console's)"
    )
    parser.add_argument("--role", action="append", type=_text, metavar="NAME", help="a role of theirs, or a group")


def _pin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="PROVIDER/MODEL", help="ask this model and no other")
    parser.add_argument(
        "--policy",
        choices=("preferred", "cheapest", "fastest"),
        help="which of a route's models come first (default: what the route says)",
    )


def _one_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--question", type=_text, default="", metavar="TEXT", help="answer this one question and exit")


def _scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--collection",
        action="append",
        type=_collection,
        metavar="NAME",
        help="read this collection only; may be given several times (default: what `console` may read)",
    )


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", type=_existing, metavar="PATH", help="file or folder")
    parser.add_argument("--collection", type=_collection, metavar="NAME", help="where PATH belongs; default: default")
    parser.add_argument("--url", metavar="URL", help="where people read PATH; may contain {path} or {stem}")
    parser.add_argument("--yes", action="store_true", help="do not ask before paying for embeddings")
    parser.add_argument(
        "--reembed", action="store_true", help="drop all vectors and make them anew with the configured embedder"
    )


def _remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remove", type=_collection, metavar="NAME", help="forget this collection's documents")


def _evaluated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", type=_existing, metavar="PATH", help="a folder in BEIR's layout or a .jsonl of questions"
    )


def _benchmarks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks (default: all)")


def _period(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--period", choices=("day", "week", "month"), default="day", help="default: day")
    parser.add_argument("--on", type=_day, metavar="YYYY-MM-DD", help="the period with this day in it; default: today")


def _chart(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chart", type=Path, metavar="FILE.png", help="draw what was spent day by day into this file")


def _costs(parser: argparse.ArgumentParser) -> None:
    _period(parser)
    parser.add_argument(
        "--by", choices=("user", "channel", "workspace", "model", "provider", "task", "rung"), default="model",
        help="default: model",
    )  # fmt: skip
    parser.add_argument(
        "--for", dest="target", type=_whose, default="everything", metavar="WHOSE",
        help="everything (default), user:ID, channel:ID, workspace:ID",
    )  # fmt: skip


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for", dest="target", type=_whose, default="everything", metavar="WHOSE",
        help="everything (default), user:ID, channel:ID, workspace:ID, provider:NAME, role:NAME, user:* for each user",
    )  # fmt: skip


def _budgets(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    parser.add_argument("--month", action="store_true", help="the budget of a month in place of that of a day")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--set", metavar="USD", help="what may be spent from now on; or: unlimited")
    what.add_argument("--lift", metavar="USD", help="what may be spent until this day or month is over; or: unlimited")
    what.add_argument("--reset", action="store_true", help="what the configuration says, from now on")
    what.add_argument("--history", action="store_true", help="who changed what, and which budgets were reached")


def _limits(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--set", metavar="LIMIT=AMOUNT", help="such as requests_per_minute=20, or =unlimited")
    what.add_argument("--reset", metavar="LIMIT", help="what the configuration says, from now on")
    what.add_argument("--history", action="store_true", help="who changed what")


def _forgotten(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", required=True, metavar="ID", help="as the platform calls the person")


def _manifest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("platform", choices=("slack", "discord"), metavar="PLATFORM", help="slack or discord")
    parser.add_argument(
        "--http", type=_https, metavar="URL", help="where Slack reaches the bot (default: the bot connects to Slack)"
    )
    parser.add_argument("--name", type=_app_name, help="of the Slack app and its bot (default: ragbot)")
    parser.add_argument(
        "--app-id", type=_app_id, metavar="ID", help="of the Discord app (default: the one of DISCORD_BOT_TOKEN)"
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


_ARGUMENTS = {
    "question": _question,
    "one_question": _one_question,
    "message": _message,
    "pin": _pin,
    "conversation": _conversation,
    "person": _person,
    "scope": _scope,
    "paths": _paths,
    "remove": _remove,
    "evaluated": _evaluated,
    "benchmarks": _benchmarks,
    "costs": _costs,
    "period": _period,
    "chart": _chart,
    "budgets": _budgets,
    "limits": _limits,
    "forgotten": _forgotten,
    "manifest": _manifest,
    "json": _json,
}


def _text(words: str) -> str:
    """What was typed, UTF-8 also where the locale did not say so."""
    return words.encode(errors="surrogateescape").decode(errors="replace")


def _collection(name: str) -> str:
    from rag.model import COLLECTION_NAME

    if not COLLECTION_NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(
            f"{name!r} cannot be a collection's name: letters, digits, '.', '_' and '-', at most 64"
        )
    return name


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # Beyond, the period around the day would end where the calendar does.
    if day is None or not 1970 <= day.year < date.max.year:
        raise argparse.ArgumentTypeError(f"{text!r} is no day, such as 2026-11-29")
    return day


def _whose(text: str) -> str:
    from rag.quota.policy import parse_target

    try:
        return parse_target(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _https(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        is_address = parts.scheme == "https" and bool(parts.hostname and parts.path) and url.isprintable()
    except ValueError:  # brackets that hold no address
        is_address = False
    if not is_address or " " in url:
        raise argparse.ArgumentTypeError(f"{url!r} is no address such as https://bot.example.com/slack/events")
    return url


def _app_name(name: str) -> str:
    # Slack's limit (docs.slack.dev/reference/app-manifest, 2026-11); the module that knows it is not imported for help.
    if not 1 <= len(name.strip()) <= 35 or not name.isprintable():
        raise argparse.ArgumentTypeError(f"{name!r} cannot be an app's name: 1 to 35 characters")
    return name.strip()


def _app_id(text: str) -> str:
    from bot.platforms.discord.manifest import is_application_id

    if not is_application_id(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no app's id: 17 to 20 digits, from General Information")
    return text


def _existing(path: str) -> Path:
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for a name that is too long
        raise argparse.ArgumentTypeError(f"there is no file or folder {path}")
    return Path(path)
