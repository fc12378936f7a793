"""Whether Slack would be served, without serving it: for `ragbot doctor`."""

from __future__ import annotations

from bot.chats import SlackSettings, SlackTokens
from bot.platforms.slack.start import Identity, first_url, who_am_i
from bot.platforms.slack.web import SlackError, open_web
from rag.errors import ConfigurationError
from rag.ports import Clock


class SlackAway(Exception):  # noqa: N818 - named for what happened
    """Slack does not answer now; the text says how so."""


async def check(settings: SlackSettings, tokens: SlackTokens, clock: Clock) -> Identity:
    """Ask Slack who the bot is, and for a socket where it uses them.

    Raises:
        ConfigurationError: Slack will not have it so.
        SlackAway: Nobody knows.
    """
    if problems := tuple(tokens.problems(settings.mode)):
        raise ConfigurationError(problems)
    try:
        async with open_web(tokens.api_url, tokens.bot, clock) as web:
            identity = await who_am_i(web)
            if settings.mode == "socket":
                await first_url(web, tokens.app)
            return identity
    except SlackError as error:
        raise SlackAway(str(error)) from error
