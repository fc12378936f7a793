"""What Discord refuses, and what it means: the one place where its library's errors become ours."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import aiohttp
import discord

log = logging.getLogger(__name__)

_T = TypeVar("_T")

# docs.discord.com/developers/topics/opcodes-and-status-codes, 2026-12
UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_SERVER: Final = 10004
UNKNOWN_MEMBER: Final = 10007
UNKNOWN_MESSAGE: Final = 10008
UNKNOWN_USER: Final = 10013
UNKNOWN_WEBHOOK: Final = 10015
UNKNOWN_INTERACTION: Final = 10062
TOO_MANY_EDITS: Final = 30046
ACKNOWLEDGED_BEFORE: Final = 40060
NO_MORE_FOLLOW_UPS: Final = 40094
MISSING_ACCESS: Final = 50001
NOT_TO_THIS_USER: Final = 50007
MISSING_PERMISSIONS: Final = 50013
INVALID_TOKEN: Final = 50027
INVALID_FORM: Final = 50035
THREAD_ARCHIVED: Final = 50083
THREAD_LOCKED: Final = 160005
NO_HISTORY: Final = 160002
HAS_A_THREAD: Final = 160004

NOT_THERE: Final = frozenset({UNKNOWN_CHANNEL, UNKNOWN_MESSAGE})
"""It was taken away."""
CLOSED: Final = frozenset({THREAD_ARCHIVED, THREAD_LOCKED})
"""A thread takes no messages any more."""
NOT_ALLOWED: Final = frozenset({MISSING_ACCESS, MISSING_PERMISSIONS}) | CLOSED
"""The bot may not do it there."""
TOKEN_OVER: Final = frozenset({UNKNOWN_INTERACTION, UNKNOWN_WEBHOOK, INVALID_TOKEN, NO_MORE_FOLLOW_UPS})
"""An interaction can be answered no more."""


LONGEST_WAIT_S: Final = 30.0
"""Whoever waits for an answer waits no longer for Discord to take it."""


class DiscordError(Exception):
    """Discord has not done what was asked of it.

    Attributes:
        code: Discord's own; 0 where it says none, or was not reached.
        status: Of HTTP; 0 where it was not reached.
        retry_after_s: When it may be asked again; `None` where it does not say.
    """

    def __init__(self, text: str, *, code: int = 0, status: int = 0, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def is_passing(self) -> bool:
        """Whether the same may be done a moment later."""
        return self.code != TOO_MANY_EDITS and (self.status in {0, 429} or self.status >= 500)

    @property
    def waits_long(self) -> bool:
        """Whether nobody would wait until it may be done again, as with messages older than an hour (30046)."""
        return self.retry_after_s is not None and self.retry_after_s > LONGEST_WAIT_S


async def done(work: Callable[[], Awaitable[_T]]) -> _T:
    """What a call of the library returns.

    Raises:
        DiscordError: In place of whatever the library raises.
    """
    try:
        return await work()
    except discord.HTTPException as error:
        # Its text names fields and values of the request: ours have no secrets, and paths with tokens are not in it.
        text = f"HTTP {error.status}, code {error.code}: {error.text[:200]}"
        retry_after_s = _retry_after(error) if error.status == 429 else None
        raise DiscordError(text, code=error.code, status=error.status, retry_after_s=retry_after_s) from error
    except discord.RateLimited as error:
        raise DiscordError("asked too often", status=429, retry_after_s=error.retry_after) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DiscordError(f"not reached ({type(error).__name__})") from error
    except (KeyError, TypeError, ValueError) as error:  # the library reads answers as Discord's documentation has them
        log.warning("an answer that is not understood: %r", error, exc_info=log.isEnabledFor(logging.DEBUG))
        raise DiscordError(f"an answer that is not understood ({type(error).__name__})", status=200) from error


def _retry_after(error: discord.HTTPException) -> float | None:
    try:
        return float(error.response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
