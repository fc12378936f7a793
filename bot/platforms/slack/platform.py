"""Slack as a platform: connects, serves until it is told to stop, and lets what is under way come to its end."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.chats import SlackSettings, SlackTokens
from bot.messages import Locale
from bot.platforms.slack.app import bolt_app, dispatch
from bot.platforms.slack.desk import Desk
from bot.platforms.slack.inbox import Inbox
from bot.platforms.slack.people import Directory
from bot.platforms.slack.posts import Posts, Spot
from bot.platforms.slack.replies import SlackReplies
from bot.platforms.slack.server import open_server
from bot.platforms.slack.slash import NAME
from bot.platforms.slack.sockets import AppRefused, Sockets
from bot.platforms.slack.start import first_url, patiently, who_am_i, wrong_app_token
from bot.platforms.slack.web import open_web
from bot.platforms.tasks import Tasks
from bot.ports import Core
from bot.settings import BOT_FILE
from rag.errors import ConfigurationError, ConfigurationProblem
from rag.ports import Clock

if TYPE_CHECKING:
    from slack_bolt.app.async_app import AsyncApp

log = logging.getLogger(__name__)


class SlackPlatform:
    """A workspace.

    Args:
        tell: Tells whoever started the bot how it stands.
    """

    name: Final = NAME

    def __init__(
        self,
        settings: SlackSettings,
        tokens: SlackTokens,
        clock: Clock,
        *,
        locale: Locale,
        tell: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._clock = clock
        self._locale: Locale = locale
        self._tell = tell

    async def run(self, core: Core) -> None:
        """Serve until cancelled; what is under way then has some seconds to end.

        Raises:
            ConfigurationError: Slack will not have it so.
            SlackError: Slack does not answer at the start.
        """
        for name in ("slack_sdk", "slack_bolt", "aiohttp"):
            logging.getLogger(name).setLevel(logging.ERROR)  # what they have to say, their exceptions say
        tokens, settings = self._tokens, self._settings
        if problems := tuple(tokens.problems(settings.mode)):
            raise ConfigurationError(problems)
        async with open_web(tokens.api_url, tokens.bot, self._clock) as web:
            identity = await patiently(lambda: who_am_i(web), self._clock, self._tell)
            for scope in identity.lacking:  # whoever installed the app does not read the log
                log.warning("Slack scope %s is missing: %s", scope.name, scope.lost)
                self._tell(f"Slack: the scope {scope.name} is missing. {scope.lost}.")
            url = ""
            if settings.mode == "socket":
                url = await patiently(lambda: first_url(web, tokens.app), self._clock, self._tell)
            posts = Posts(web, bot_user=identity.bot_user, team=identity.team)
            directory = Directory(
                web, self._clock, team=identity.team, enterprise=identity.enterprise, locale=self._locale
            )
            async with Tasks() as tasks:
                desk = Desk(
                    web=web,
                    posts=posts,
                    directory=directory,
                    tasks=tasks,
                    clock=self._clock,
                    locale=self._locale,
                    first_sign=settings.first_sign,
                    reaction=settings.reaction,
                )
                inbox = Inbox(core, desk, url=identity.url)
                app = bolt_app(web, identity, inbox)
                tasks.begin(self._resume(core, desk), "resuming")
                self._tell(f"Slack: serving {identity.team_name or identity.team} as {identity.bot_user}")
                if settings.mode == "socket":
                    sockets = Sockets(
                        web,
                        tokens.app,
                        partial(dispatch, app),
                        self._clock,
                        count=settings.sockets,
                        first_url=url,
                    )
                    try:
                        await sockets.run()
                    except AppRefused as refused:
                        raise wrong_app_token(refused) from None
                else:
                    await self._listen(app)

    async def _resume(self, core: Core, desk: Desk) -> None:
        await core.resume(NAME, SlackReplies(desk, Spot("")))

    async def _listen(self, app: AsyncApp) -> None:
        settings = self._settings
        try:
            async with open_server(
                app,
                self._clock,
                secret=self._tokens.signing_secret,
                host=settings.host,
                port=settings.port,
                path=settings.path,
            ) as port:
                self._tell(f"Slack: listening on http://{settings.host}:{port}{settings.path}")
                await asyncio.Event().wait()
        except OSError as error:
            is_port = error.errno in {errno.EADDRINUSE, errno.EACCES}
            name, expected = ("port", "one that is free") if is_port else ("host", "an address of this machine")
            sentence = f"expected {expected}: {error.strerror or error}"
            raise ConfigurationError(
                [ConfigurationProblem(BOT_FILE, None, f"platforms.slack.{name}", sentence)]
            ) from error
