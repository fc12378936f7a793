"""`ragbot doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from bot.bootstrap import environment
from bot.cli import EXIT_FAILED, EXIT_OK, EXIT_WRONG_USE
from bot.cli.output import print_json
from bot.settings import BOT_FILE, BotSettings, check_files
from bot.text import one_line
from rag.clock import SystemClock
from rag.errors import ConfigurationError, IndexUnavailable
from rag.model import DocumentSource, Health, IndexStats
from rag.pipeline import RagPipeline
from rag.retrieval.schema import identity
from rag.routing.catalogue import Route
from rag.settings import RAG_FILE, EmbedderSettings, RagSettings

# More rows than this outside the full-text index make every question noticeably slower.
_UNINDEXED_ROWS = 1_000
State = Literal["ok", "note", "failed"]
# Green, yellow, red.
_COLOURS = {"ok": 32, "note": 33, "failed": 31}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: `note` is worth knowing and stops nothing.
        remedy: What to do; empty where nothing has to be done.
    """

    what: str
    state: State
    told: str
    remedy: str = ""


async def run(options: Namespace) -> int:
    """Look at everything that ragbot needs; exit with 2 for a wrong configuration, 1 for another failure."""
    try:
        findings = [finding async for finding in _findings(*environment(options))]
        code = EXIT_FAILED if any(finding.state == "failed" for finding in findings) else EXIT_OK
    except ConfigurationError as error:
        remedy = "mend this, and run `ragbot doctor` again: the rest was not looked at"
        findings = [Finding("configuration", "failed", str(problem), remedy) for problem in error.problems]
        code = EXIT_WRONG_USE
    if options.json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    return code


async def _findings(folder: Path, environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Look at one thing after the other.

    Raises:
        ConfigurationError: With every problem of the configuration.
    """
    if problems := check_files(folder, environ):
        raise ConfigurationError(problems)
    yield _configuration(folder)
    core = RagSettings.load(folder, environ)
    settings = BotSettings.load(folder, environ)
    yield _data_folder(core.data_folder)
    for source in settings.documents:
        yield _documents(source, folder)
    if unknown := sorted(settings.public - {source.collection for source in settings.documents}):
        yield _public(unknown, folder)
    async for finding in _chats(settings):
        yield finding
    yield _keys(core, folder)
    models = list(_models(core, SystemClock().now().date(), folder))
    for finding in models:
        yield finding
    try:
        async with await RagPipeline.open(folder, environ=environ) as pipeline:
            health = await pipeline.health_check()
    except IndexUnavailable as error:
        yield _broken_index(str(error), core)
        return
    told = {finding.told for finding in models}
    others = tuple(problem for problem in health.problems if problem not in told)
    for finding in _parts(replace(health, problems=others), core):
        yield finding


def _configuration(folder: Path) -> Finding:
    told = f"{folder}/ is sound" if folder.is_dir() else f"there is no folder {folder}/, so the defaults hold"
    return Finding("configuration", "ok", told)


def _data_folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        remedy = "make it a folder that this user may write to, or set RAGBOT_DATA to one"
        return Finding("data folder", "failed", f"{folder}/ cannot be written: {error.strerror}", remedy)
    return Finding("data folder", "ok", f"{folder}/ can be written")


def _documents(source: DocumentSource, folder: Path) -> Finding:
    if source.path.exists():
        return Finding("documents", "ok", f"{source.path}, for the collection {source.collection}")
    remedy = f"put documents there, or change `documents` in {folder / BOT_FILE}"
    return Finding("documents", "note", f"there is no file or folder {source.path}", remedy)


def _public(unknown: Sequence[str], folder: Path) -> Finding:
    told = f"{', '.join(unknown)} may be read by everybody, but no entry of documents has such a collection"
    remedy = f"mend `public_collections` in {folder / BOT_FILE}, unless `ragbot ingest --collection` fills it"
    return Finding("public collections", "note", told, remedy)


async def _chats(settings: BotSettings) -> AsyncIterator[Finding]:
    """The chats that would be served."""
    if settings.platforms.slack.enabled and settings.slack.is_given:
        async for finding in _slack(settings):
            yield finding
    if settings.platforms.discord.enabled and settings.discord.is_given:
        async for finding in _discord(settings):
            yield finding


async def _slack(settings: BotSettings) -> AsyncIterator[Finding]:
    """Whether Slack takes the tokens, and what of its permissions is missing."""
    from bot.platforms.slack.check import SlackAway, check  # loads Slack's libraries

    try:
        identity = await check(settings.platforms.slack, settings.slack, SystemClock())
    except ConfigurationError as error:
        remedy = "docs/slack.md tells where it is found"
        for problem in error.problems:
            yield Finding("Slack", "failed", f"{problem.key}: {problem.expected}", remedy)
    except SlackAway as error:
        yield Finding("Slack", "failed", f"Slack does not answer: {error}", "look at the network, or SLACK_API_URL")
    else:
        yield Finding("Slack", "ok", f"{identity.team_name} knows the bot as {identity.bot_user}")
        for scope in identity.lacking:
            told = f"the scope {scope.name} is missing: {scope.lost}"
            yield Finding("Slack", "note", told, "add it under OAuth & Permissions, and install the app again")


async def _discord(settings: BotSettings) -> AsyncIterator[Finding]:
    """Whether Discord takes the token, and what of its settings is worth knowing."""
    from bot.platforms.discord.check import DiscordAway, check  # loads Discord's library

    discord = settings.platforms.discord
    try:
        known = await check(discord, settings.discord, SystemClock())
    except ConfigurationError as error:
        remedy = "docs/discord.md tells where it is found"
        for problem in error.problems:
            yield Finding("Discord", "failed", f"{problem.key}: {problem.expected}", remedy)
    except DiscordAway as error:
        yield Finding("Discord", "failed", f"Discord does not answer: {error}", "look at the network")
    else:
        yield Finding("Discord", "ok", f"the bot is known as {known.name}")
        if known.is_public and not discord.servers:
            told = "everybody can invite this bot to their server, and ask it there"
            remedy = "switch Public Bot off in the developer portal, or name your servers in platforms.discord.servers"
            yield Finding("Discord", "note", told, remedy)
        if discord.follow_ups and not known.hears_all:
            told = "the Message Content Intent is off: follow-ups without the bot's name are not heard"
            remedy = "switch it on under Bot in the developer portal, or set platforms.discord.follow_ups to no"
            yield Finding("Discord", "note", told, remedy)


def _keys(core: RagSettings, folder: Path) -> Finding:
    embedder = core.embedder
    if embedder is not None and not embedder.provider.configured:
        told = f"embeddings ask for {embedder.provider_name}, which has no key: the search is by words alone"
        remedy = f"set the key that providers.{embedder.provider_name}.api_key in {folder / RAG_FILE} names"
        if embedder.provider_name in {"openai", "gemini"}:
            remedy = f"set {embedder.provider_name.upper()}_API_KEY in the environment or in .env"
        return Finding("keys", "failed", told, remedy)
    ready = [name for name, provider in core.providers.items() if provider.configured]
    if not ready:
        return Finding("keys", "note", "no provider has a key: answers are quoted from the documents")
    return Finding("keys", "ok", f"present for {', '.join(ready)}")


def _models(core: RagSettings, today: date, folder: Path) -> Iterator[Finding]:
    """Whether the models on the routes are served, now and in the next weeks, and whether any may be asked."""
    routes = core.routes.values()
    routed = tuple(dict.fromkeys([*(name for route in routes for name in route.models), *core.cheaper_models]))
    notices = core.catalogue.notices(today, routed)
    for notice in notices:
        state: State = "failed" if notice.level == "error" else "note"
        remedy = "" if notice.kind == "price_change" else f"change it in {folder / RAG_FILE}"
        yield Finding("models", state, notice.text, remedy)
    if not notices:
        yield Finding("models", "ok", f"{len(routed)} on the routes, all of them served for the next weeks")
    silent = [task for task, route in core.routes.items() if not _has_a_key(core, route)]
    if 0 < len(silent) < len(core.routes):  # where no provider has a key at all, that has been told
        told = f"no model for {', '.join(silent)} has a key: those answers are quoted from the documents"
        remedy = f"add a model whose provider has a key to routing.routes in {folder / RAG_FILE}, or set its key"
        yield Finding("routes", "note", told, remedy)


def _has_a_key(core: RagSettings, route: Route) -> bool:
    return any(core.providers[name.partition("/")[0]].configured for name in route.models)


def _parts(health: Health, core: RagSettings) -> Iterator[Finding]:
    """What of the running core answers."""
    if health.index is None:
        yield _broken_index("; ".join(health.problems), core)
    else:
        yield _index(health.index)
        if core.embedder is not None and core.embedder.provider.configured:
            yield _vectors(health.index, core.embedder)
    if health.store_ok:
        yield Finding("state database", "ok", f"{health.store_kind} answers")
    else:
        told = "; ".join(health.problems) or "does not answer"
        yield Finding("state database", "failed", told, "or set RAGBOT_STATE_URL to another one")


def _broken_index(told: str, core: RagSettings) -> Finding:
    remedy = (
        f"check RAGBOT_LANCEDB_URI and the rights on {core.lancedb_uri}; if it is damaged, move it away and ingest"
        " again: all that it holds comes from the documents"
    )
    return Finding("index", "failed", told, remedy)


def _index(index: IndexStats) -> Finding:
    told = f"{index.documents:,} documents, {index.chunks:,} chunks"
    if not index.documents:
        return Finding("index", "note", "holds no documents yet", "ragbot ingest PATH")
    if index.unindexed > _UNINDEXED_ROWS:
        return Finding("index", "note", f"{told}, {index.unindexed:,} of them not indexed", "ragbot ingest PATH")
    return Finding("index", "ok", told)


def _vectors(index: IndexStats, embedder: EmbedderSettings) -> Finding:
    configured = identity(embedder.name, embedder.dimensions)
    if index.embedder is None:
        return Finding("vectors", "note", f"none by {configured} yet", "ragbot ingest PATH")
    if index.embedder != configured:
        told = f"the index holds those of {index.embedder}, the configuration asks for {configured}"
        remedy = "`ragbot ingest --reembed` makes them anew; or configure those of the index again"
        return Finding("vectors", "failed", told, remedy)
    return Finding("vectors", "ok", f"by {configured}")


def _print(findings: Sequence[Finding]) -> None:
    in_colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for finding in findings:
        state = f"{finding.state:6}"
        shown = f"\x1b[{_COLOURS[finding.state]}m{state}\x1b[0m" if in_colour else state
        print(f"{shown}  {finding.what}: {one_line(finding.told)}")
        if finding.remedy:
            print(f"        {finding.remedy}")
