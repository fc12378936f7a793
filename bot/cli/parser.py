"""What can be typed after `ragbot`, with help that shows examples. Imports nothing that a command needs to run."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.model import COLLECTION_NAME, DEFAULT_COLLECTION

Run = Callable[[argparse.Namespace], Coroutine[None, None, int]]


@dataclass(frozen=True, slots=True)
class _Command:
    """A subcommand; its module under `bot.cli` is imported only when it is run."""

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
    _Command("chat", "chat in this terminal", ("ragbot chat", "ragbot chat --collection handbook"), ("scope",)),
    _Command(
        "ask",
        "answer one question",
        (
            'ragbot ask "How do I set a daily budget?"',
            "ragbot ask --json --collection handbook 'quantas férias tenho?'",
        ),
        ("question", "scope", "json"),
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
        "bench",
        "measure ragbot on this machine (needs the source checkout)",
        ("ragbot bench", "ragbot bench start memory"),
        ("benchmarks", "json"),
    ),
)


def parse(arguments: Sequence[str]) -> tuple[Run, argparse.Namespace]:
    """What to run, and its options.

    Raises:
        SystemExit: With 2 after wrong use, with 0 after `--help`; argparse has told the person.
    """
    options = _parser().parse_args(arguments)
    return importlib.import_module(f"bot.cli.{options.command}").run, options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ragbot",
        description="Answers questions from your documents, with sources.",
        epilog=_examples("ragbot ingest docs", 'ragbot ask "How do I set a daily budget?"', "ragbot chat"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=_examples(*command.examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for group in command.arguments:
            _ARGUMENTS[group](sub)
        sub.add_argument("--config", type=Path, metavar="FOLDER", help="configuration folder (default: config)")
        sub.add_argument("--verbose", action="store_true", help="log to the terminal as well as to the log file")
    return parser


def _examples(*lines: str) -> str:
    return "\n".join(["examples:", *(f"  {line}" for line in lines)])


def _question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", nargs="*", help="the question; read from the standard input if left out")


def _one_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--question", default="", metavar="TEXT", help="answer this one question and exit")


def _scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--collection",
        action="append",
        type=_collection,
        metavar="NAME",
        help="read this collection only; may be given several times (default: what `console` may read)",
    )


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="file or folder")
    parser.add_argument(
        "--collection", type=_collection, default=DEFAULT_COLLECTION, metavar="NAME", help="default: %(default)s"
    )
    parser.add_argument("--url", metavar="URL", help="where people read PATH; may contain {path} or {stem}")
    parser.add_argument("--yes", action="store_true", help="do not ask before paying for embeddings")
    parser.add_argument(
        "--reembed", action="store_true", help="drop all vectors and make them anew with the configured embedder"
    )


def _remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remove", type=_collection, metavar="NAME", help="forget this collection's documents")


def _evaluated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder in BEIR's layout or a .jsonl of questions")


def _benchmarks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks (default: all)")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


_ARGUMENTS = {
    "question": _question,
    "one_question": _one_question,
    "scope": _scope,
    "paths": _paths,
    "remove": _remove,
    "evaluated": _evaluated,
    "benchmarks": _benchmarks,
    "json": _json,
}


def _collection(name: str) -> str:
    if not COLLECTION_NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(
            f"{name!r} cannot be a collection's name: letters, digits, '.', '_' and '-', at most 64"
        )
    return name
