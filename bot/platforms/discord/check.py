"""Whether Discord would be served, without serving it: for `ragbot doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chats import DiscordSettings, DiscordTokens
from bot.platforms.discord.client import make_client
from bot.platforms.discord.errors import DiscordError
from bot.platforms.discord.library import close, point_at
from bot.platforms.discord.start import Gateway, gateway_of, log_in
from rag.errors import ConfigurationError
from rag.ports import Clock


class DiscordAway(Exception):  # noqa: N818 - named for what happened
    """Discord does not answer now; the text says how so."""


@dataclass(frozen=True, slots=True)
class Known:
    """What Discord says of the bot.

    Attributes:
        shards: So many connections it thinks right.
        is_public: Everybody can invite it.
        hears_all: The Message Content Intent is on.
    """

    name: str
    shards: int
    is_public: bool
    hears_all: bool


async def check(settings: DiscordSettings, tokens: DiscordTokens, clock: Clock) -> Known:
    """Ask Discord who the bot is.

    Raises:
        ConfigurationError: Discord will not have it so.
        DiscordAway: Nobody knows.
    """
    if problems := tuple(tokens.problems()):
        raise ConfigurationError(problems)
    point_at(tokens.api_url)
    client = make_client(settings, Gateway(tokens.gateway_url), clock, message_content=False)
    try:
        application = await log_in(client, tokens)
        gateway = await gateway_of(client, tokens)
        flags = application.flags
        return Known(
            name=str(client.user),
            shards=gateway.shards,
            is_public=application.bot_public,
            hears_all=flags.gateway_message_content or flags.gateway_message_content_limited,
        )
    except DiscordError as error:
        raise DiscordAway(str(error)) from error
    finally:
        await close(client)
