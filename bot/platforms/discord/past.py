"""What was said before: reply chains and threads, read from their latest end; and where the bot's own messages are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import discord
from cachetools import TTLCache

from bot.platforms.discord.errors import NOT_THERE, DiscordError
from bot.platforms.discord.line import Line
from rag.model import Turn

log = logging.getLogger(__name__)

# More than a model is ever told; and nobody waits longer for it.
_MOST_TURNS: Final = 12
_LONGEST_CHAIN: Final = 40
_LONGEST_S: Final = 3.0
_REMEMBERED: Final = 5_000
_REMEMBERED_S: Final = 86_400.0
_LOOKED_THROUGH: Final = 50


@dataclass(frozen=True, slots=True)
class Link:
    """A message of a reply chain.

    Attributes:
        parent: The message that it replies to; zero for none.
    """

    parent: int
    is_own: bool
    text: str = ""


class Past:
    """What stands above a message.

    Args:
        read: Makes plain text of what somebody wrote.
    """

    def __init__(self, line: Line, read: Callable[[discord.Message], str]) -> None:
        self._line = line
        self._read = read
        self._links = TTLCache[int, Link](_REMEMBERED, _REMEMBERED_S, timer=line.clock.monotonic)

    def note(self, message: discord.Message) -> None:
        """Remember a message that was seen, so that it need not be asked for."""
        self._links[message.id] = self._link_of(message)
        replied = message.reference.resolved if message.reference is not None else None
        if isinstance(replied, discord.Message) and replied.id not in self._links:
            self._links[replied.id] = self._link_of(replied)

    def note_own(self, address: str, parent: str) -> None:
        """Remember a message of the bot's own, and what it replies to."""
        self._links[int(address.partition("/")[2])] = Link(int(parent), is_own=True)

    async def root(self, channel: int, message: int) -> int:
        """The message that a reply chain begins with; as far as Discord tells."""
        try:
            async with asyncio.timeout(_LONGEST_S):
                for _ in range(_LONGEST_CHAIN):
                    link = await self._link(channel, message)
                    if link is None or not link.parent:
                        break
                    message = link.parent
        except (DiscordError, TimeoutError) as error:
            log.info("where a conversation begins is not known: %s", error)
        return message

    async def in_chain(self, channel: int, message: discord.Message) -> tuple[Turn, ...]:
        """What a reply chain says before this message, oldest first."""
        turns: list[Turn] = []
        parent = replied_to(message)
        try:
            async with asyncio.timeout(_LONGEST_S):
                while parent and len(turns) < _MOST_TURNS:
                    link = await self._link(channel, parent, whole=True)
                    if link is None:
                        break
                    if link.text:
                        turns.append(Turn("assistant" if link.is_own else "user", link.text))
                    parent = link.parent
        except (DiscordError, TimeoutError) as error:
            log.info("what was said before is not known: %s", error)
        return tuple(reversed(turns))

    async def in_thread(self, channel: int, before: int) -> tuple[Turn, ...]:
        """The last messages of a thread before this one, oldest first."""
        place = self._line.client.get_partial_messageable(channel)

        async def latest() -> list[discord.Message]:
            history = place.history(limit=_MOST_TURNS, before=discord.Object(before))
            return [message async for message in history]

        try:
            async with asyncio.timeout(_LONGEST_S):
                messages = await self._line.do(latest, tries=1)
        except (DiscordError, TimeoutError) as error:
            log.info("what was said before is not known: %s", error)
            return ()
        said = [_begun_with(message) for message in reversed(messages)]
        return tuple(
            Turn("assistant" if self._is_own(message) else "user", text)
            for message in said
            if (text := self._read(message))
        )

    async def answers_to(self, channel: int, question: int, *, interaction: int = 0) -> tuple[str, ...]:
        """The bot's own messages that answer a question, by their addresses; none where Discord does not tell.

        Args:
            question: The message that they reply to, or after which they stand.
            interaction: The command that they answer, in place of a message.
        """
        place = self._line.client.get_partial_messageable(channel)

        async def after() -> list[discord.Message]:
            history = place.history(limit=_LOOKED_THROUGH, after=discord.Object(question), oldest_first=True)
            return [message async for message in history]

        try:
            messages = await self._line.do(after)
        except DiscordError as error:
            if error.code not in NOT_THERE:
                log.warning("what stands there already is not known: %s", error)
            return ()
        return tuple(
            f"{channel}/{message.id}"
            for message in messages
            if self._is_own(message)
            and (
                replied_to(message) == question
                or (interaction and message.interaction_metadata and message.interaction_metadata.id == interaction)
            )
        )

    def _is_own(self, message: discord.Message) -> bool:
        me = self._line.client.user
        return me is not None and message.author.id == me.id

    async def _link(self, channel: int, message: int, *, whole: bool = False) -> Link | None:
        """One message; `whole` where its text is needed, too."""
        known = self._links.get(message)
        if known is not None and (known.text or not whole or not known.is_own):
            return known
        place = self._line.client.get_partial_messageable(channel)
        try:
            told = await self._line.do(lambda: place.fetch_message(message), tries=1)
        except DiscordError as error:
            if error.code in NOT_THERE:
                return known
            raise
        self._links[message] = self._link_of(told)
        return self._links[message]

    def _link_of(self, message: discord.Message) -> Link:
        return Link(replied_to(message), self._is_own(message), self._read(message))


def _begun_with(message: discord.Message) -> discord.Message:
    """The message below which a thread was opened, in place of the word that it was."""
    above = message.reference.resolved if message.reference is not None else None
    is_word = message.type is discord.MessageType.thread_starter_message
    return above if is_word and isinstance(above, discord.Message) else message


def replied_to(message: discord.Message) -> int:
    """The message that this one replies to; zero for none."""
    reference = message.reference
    if reference is None or reference.type is not discord.MessageReferenceType.reply:
        return 0
    return reference.message_id or 0
