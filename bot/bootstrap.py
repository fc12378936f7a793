"""The composition root: puts the bot together for one command, and takes it apart again."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from bot.access import Access
from bot.actions import Actions
from bot.alerts import Alerts
from bot.choices import Choices
from bot.commands.base import Desk
from bot.conversation import Conversation
from bot.daily import DailyReport
from bot.feedback import Feedback
from bot.herald import Herald, cards_of
from bot.journal import Journal
from bot.notices import Notices
from bot.outlets import open_outlets
from bot.presence import Presence
from bot.reports import Reporter
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

    def choices(self, access: Access | None = None) -> Choices:
        """What admins chose while the bot ran, over what is configured; `access` in place of that."""
        return Choices(self.pipeline.database, SystemClock(), access or self.access, self.settings.post)

    def conversation(self, access: Access | None = None) -> Conversation:
        """The way of every message; `access` in place of what is configured."""
        settings, pipeline, clock, presence = self.settings, self.pipeline, SystemClock(), self.presence
        access = access or self.access
        database, accounts, choices = pipeline.database, pipeline.accounts, self.choices(access)
        zone = accounts.policy.zone
        outlets = open_outlets(self.core, locale=settings.locale, zone=zone)
        journal = Journal(database, presence, clock, settings.terms)
        alerts = Alerts(
            accounts, pipeline, presence, clock, choices=choices, rules=settings.alerts, also=tuple(outlets)
        )
        reports = Reporter(accounts, clock, self.core, access)
        notices = Notices(database, presence, clock, cards_of(reports, settings.locale, zone))
        for post, send in outlets.items():
            notices.send_by(post.platform, send)
        daily = DailyReport(notices, choices, clock, at=self._report_at, zone=zone)
        desk = Desk(
            pipeline=pipeline,
            accounts=accounts,
            journal=journal,
            access=access,
            choices=choices,
            reports=reports,
            alerts=alerts,
        )
        actions = Actions(
            journal=journal,
            feedback=Feedback(database, clock),
            pipeline=pipeline,
            access=access,
            people=settings.hand_over,
        )
        return Conversation(desk, actions, Herald(notices, alerts, daily), clock=clock, at_once=settings.at_once)

    @property
    def _report_at(self) -> time | None:
        return self.settings.report_at if self.core.monitoring.daily_reports.enabled else None


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
        access = Access(settings.audiences, settings.pins, settings.admins, public=settings.public)
        yield Bot(folder, settings, core, pipeline, access, presence)


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
