"""The composition root: puts the bot together for one command, and takes it apart again."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

from bot.access import Access
from bot.actions import Actions
from bot.conversation import Conversation
from bot.feedback import Feedback
from bot.journal import Journal
from bot.presence import Presence
from bot.settings import BotSettings
from rag.bootstrap import open_accounts
from rag.clock import SystemClock
from rag.pipeline import RagPipeline
from rag.quota.accounts import Accounts
from rag.settings import RagSettings, config_folder, read_environment

log = logging.getLogger(__name__)

LOG_FILE = "ragbot.log"
_LOG_BYTES, _LOG_FILES = 5_000_000, 3
_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that is ready to answer.

    Attributes:
        folder: Of the configuration files.
    """

    folder: Path
    settings: BotSettings
    core: RagSettings
    pipeline: RagPipeline
    access: Access
    presence: Presence

    def conversation(self, access: Access | None = None) -> Conversation:
        """The way of every message; `access` in place of what is configured."""
        settings, pipeline, clock = self.settings, self.pipeline, SystemClock()
        access = access or self.access
        journal = Journal(pipeline.database, self.presence, clock, settings.terms)
        actions = Actions(
            journal=journal,
            feedback=Feedback(pipeline.database, clock),
            pipeline=pipeline,
            access=access,
            people=settings.hand_over,
        )
        return Conversation(pipeline, journal, actions, access=access, clock=clock, at_once=settings.at_once)


@asynccontextmanager
async def open_bot(options: Namespace) -> AsyncIterator[Bot]:
    """The bot that a command's options ask for.

    Raises:
        ConfigurationError: Nothing was started.
    """
    folder, environ = environment(options)
    core = RagSettings.load(folder, environ)
    settings = BotSettings.load(folder, environ, core)
    _log_to(core.data_folder / LOG_FILE, verbose=options.verbose)
    async with (
        await RagPipeline.open(folder, environ=environ, quotas=settings.quotas) as pipeline,
        Presence(pipeline.database) as presence,
    ):
        yield Bot(folder, settings, core, pipeline, Access(settings.audiences, settings.pins), presence)


@dataclass(frozen=True, slots=True)
class Office:
    """What money questions need, and no more: an index or a provider that is down does not stop them."""

    settings: BotSettings
    core: RagSettings
    accounts: Accounts


@asynccontextmanager
async def open_office(options: Namespace) -> AsyncIterator[Office]:
    """The books that a command's options ask for.

    Raises:
        ConfigurationError: Nothing was opened.
        StateUnavailable: The state database cannot be opened.
    """
    folder, environ = environment(options)
    core = RagSettings.load(folder, environ)
    settings = BotSettings.load(folder, environ, core)
    _log_to(core.data_folder / LOG_FILE, verbose=options.verbose)
    async with open_accounts(core, settings.quotas) as accounts:
        yield Office(settings, core, accounts)


def environment(options: Namespace) -> tuple[Path, Mapping[str, str]]:
    """The configuration folder and the environment that a command runs with."""
    environ = read_environment()
    if options.config is not None:
        environ["RAGBOT_CONFIG"] = str(options.config)
    return config_folder(environ), environ


def _log_to(file: Path, *, verbose: bool) -> None:
    """Log to a file, because a chat in the terminal leaves no room for it there."""
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.INFO if verbose else logging.WARNING)
    handlers: list[logging.Handler] = [terminal] if verbose else []
    problem = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"))
    except OSError as error:
        handlers, problem = [terminal], error.strerror or type(error).__name__
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, handlers=handlers, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line for each request, with its URL
    if problem:
        log.warning("%s cannot be written (%s): only warnings are logged, and here", file, problem)
