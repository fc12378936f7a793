"""Where messages of the bot stand: in a channel, or as the answer to an interaction; sent, changed and taken away."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from typing import Any, Final, Protocol

import discord

from bot.platforms.discord.cards import Payload
from bot.platforms.discord.errors import (
    INVALID_FORM,
    NO_HISTORY,
    NOT_THERE,
    THREAD_ARCHIVED,
    TOKEN_OVER,
    TOO_MANY_EDITS,
    DiscordError,
)
from bot.platforms.discord.line import Line
from bot.platforms.discord.objects import Picture, embeds_of, files_of, pings_of, view_of

log = logging.getLogger(__name__)

_NONCE_CHARS: Final = 25
# Discord takes answers for fifteen minutes; what is begun shortly before is ended in another way.
_TOKEN_S: Final = 14.5 * 60


class Outlet(Protocol):
    """Messages in one place; each is known by `channel/message`."""

    @property
    def channel(self) -> str:
        """Whose limits count for it; empty where they are its own."""
        ...

    @property
    def is_plain(self) -> bool:
        """Whether no embeds are shown there, for all that is known."""
        ...

    async def send(self, payload: Payload, *, key: str = "", pictures: Sequence[Picture] = ()) -> str:
        """Put a message there; returns its address.

        Args:
            key: Of two messages of the same key only one is sent.

        Raises:
            DiscordError: It does not stand there.
        """
        ...

    async def edit(self, address: str, payload: Payload, pictures: Sequence[Picture] = ()) -> bool:
        """Put something in the place of what a message says; false where it is there no more.

        Raises:
            DiscordError: It still says what it said.
        """
        ...

    async def delete(self, address: str) -> None:
        """Take a message away.

        Raises:
            DiscordError: It still stands there.
        """
        ...


class ChannelOutlet:
    """Messages in a channel, a thread or a direct message.

    Args:
        answers: The message that is replied to; empty for none.
    """

    def __init__(self, line: Line, channel: str, *, answers: str = "") -> None:
        self._line = line
        self._answers = answers
        self.channel = channel

    @property
    def is_plain(self) -> bool:
        """Whether no embeds are shown there, for all that is known."""
        return self._line.is_plain(self.channel)

    async def send(self, payload: Payload, *, key: str = "", pictures: Sequence[Picture] = ()) -> str:
        """Put a message there, once however often it has to be tried: Discord knows it by its nonce."""
        place = self._place(self.channel)
        # One for all tries: what was sent, and whose answer was lost, is not sent again.
        nonce = hashlib.blake2s(f"{self.channel}:{key or secrets.token_hex()}".encode()).hexdigest()[:_NONCE_CHARS]

        async def sent(*, replies: bool) -> discord.Message:
            reference = (
                discord.MessageReference(
                    message_id=int(self._answers), channel_id=int(self.channel), fail_if_not_exists=False
                )
                if replies
                else None
            )
            how: dict[str, Any] = {"view": view_of(payload.rows), "reference": reference, "nonce": nonce}
            return await place.send(
                payload.content or None,
                embeds=embeds_of(payload),
                files=files_of(pictures),
                allowed_mentions=pings_of(payload),
                **how,
            )

        with self._line.pace.call(self.channel):
            try:
                message = await self._line.do(lambda: sent(replies=bool(self._answers)))
            except DiscordError as error:
                # Who may not read what was said before may not reply to it either.
                if not self._answers or error.code not in {NO_HISTORY, INVALID_FORM}:
                    raise
                message = await self._line.do(lambda: sent(replies=False))
        self._line.compare(self.channel, payload, message)
        return f"{self.channel}/{message.id}"

    async def edit(self, address: str, payload: Payload, pictures: Sequence[Picture] = ()) -> bool:
        """Change it; what is too old to be changed so often is taken away."""
        channel, _, message = address.partition("/")
        try:
            try:
                await self._edit(channel, int(message), payload, pictures)
            except DiscordError as error:
                if error.code != THREAD_ARCHIVED or not await self._open_again(channel):
                    raise
                await self._edit(channel, int(message), payload, pictures)
        except DiscordError as error:
            if error.code == TOO_MANY_EDITS or error.waits_long:
                log.info("posted anew: %s", error)
                await self.delete(address)
                return False
            if error.code in NOT_THERE:
                return False
            raise
        return True

    async def _edit(self, channel: str, message: int, payload: Payload, pictures: Sequence[Picture]) -> None:
        place = self._place(channel).get_partial_message(message)
        how: dict[str, Any] = {"attachments": files_of(pictures)} if pictures else {}

        async def edited() -> discord.Message:
            return await place.edit(
                content=payload.content or None,
                embeds=embeds_of(payload),
                view=view_of(payload.rows),
                allowed_mentions=pings_of(payload),
                **how,
            )

        with self._line.pace.call(channel):
            self._line.compare(channel, payload, await self._line.do(edited))

    async def _open_again(self, channel: str) -> bool:
        """Open a thread that was archived: whoever may write there may do so, unless it is locked."""
        http = self._line.client.http
        try:
            await self._line.do(lambda: http.edit_channel(int(channel), archived=False))
        except DiscordError as error:
            log.info("not opened again: %s", error)
            return False
        return True

    async def delete(self, address: str) -> None:
        """Take it away."""
        channel, _, message = address.partition("/")
        place = self._place(channel).get_partial_message(int(message))
        try:
            await self._line.do(place.delete)
        except DiscordError as error:
            if error.code not in NOT_THERE:
                raise

    def _place(self, channel: str) -> discord.PartialMessageable:
        return self._line.client.get_partial_messageable(int(channel))


class InteractionOutlet:
    """Messages that answer an interaction, for as long as Discord takes them.

    Args:
        is_private: They are seen by whoever used the command or the button, and by nobody else.
        is_deferred: A message stands there already, in which the bot is said to be thinking.
        is_announced_here: This process has put it there, for all that is known.

    Attributes:
        original: Its address, or that of the message whose button was pressed; empty where that is not told.
    """

    channel = ""

    def __init__(
        self,
        line: Line,
        interaction: discord.Interaction,
        *,
        is_private: bool,
        is_deferred: bool,
        is_announced_here: bool = False,
        original: str = "",
    ) -> None:
        self._line = line
        self._interaction = interaction
        self.is_private = is_private
        self._is_deferred = is_deferred
        self.is_announced_here = is_announced_here
        self.original = original

    @property
    def is_plain(self) -> bool:
        """Whether no embeds are shown there, for all that is known."""
        return self._line.is_plain(self.channel)

    @property
    def is_over(self) -> bool:
        """Whether Discord takes no more answers."""
        age = self._line.clock.now() - self._interaction.created_at
        return age.total_seconds() > _TOKEN_S

    async def send(self, payload: Payload, *, key: str = "", pictures: Sequence[Picture] = ()) -> str:  # noqa: ARG002 - a token's messages have no nonce
        """Fill in the message that was announced, or put another one below."""
        if self._is_deferred:
            message: discord.Message = await self._line.do(
                lambda: self._interaction.edit_original_response(
                    content=payload.content or None,
                    embeds=embeds_of(payload),
                    view=view_of(payload.rows),
                    attachments=files_of(pictures),
                    allowed_mentions=pings_of(payload),
                ),
                waits=False,
            )
            self._is_deferred = False
            self._line.compare(self.channel, payload, message)
            self.original = f"{message.channel.id}/{message.id}"
            return self.original
        message = await self._line.do(
            lambda: self._interaction.followup.send(
                payload.content,
                embeds=embeds_of(payload),
                view=view_of(payload.rows) or discord.utils.MISSING,
                files=files_of(pictures),
                allowed_mentions=pings_of(payload),
                ephemeral=self.is_private,
                wait=True,
            ),
            waits=False,
        )
        return f"{message.channel.id}/{message.id}"

    async def edit(self, address: str, payload: Payload, pictures: Sequence[Picture] = ()) -> bool:
        """Change it."""

        async def edited() -> object:
            how: dict[str, Any] = {"attachments": files_of(pictures)} if pictures else {}
            how |= {
                "content": payload.content or None,
                "embeds": embeds_of(payload),
                "view": view_of(payload.rows),
                "allowed_mentions": pings_of(payload),
            }
            if address == self.original:
                return await self._interaction.edit_original_response(**how)
            return await self._interaction.followup.edit_message(_message(address), **how)

        try:
            await self._line.do(edited, waits=False)
        except DiscordError as error:
            if error.code in NOT_THERE:
                return False
            raise
        return True

    async def delete(self, address: str) -> None:
        """Take it away."""

        async def deleted() -> None:
            if address == self.original:
                await self._interaction.delete_original_response()
            else:
                await self._interaction.followup.delete_message(_message(address))

        try:
            await self._line.do(deleted, waits=False)
        except DiscordError as error:
            if error.code not in NOT_THERE:
                raise

    def give_up(self) -> str:
        """Answer in another way from now on; returns the message that was announced, if it was not filled in."""
        is_announced, self._is_deferred = self._is_deferred, False
        return self.original if is_announced else ""

    async def withdraw_unsaid(self) -> None:
        """Take away what was announced, if nobody has filled it in: neither this process nor another."""
        if not self._is_deferred:
            return
        try:
            message = await self._line.do(self._interaction.original_response, waits=False)
        except DiscordError as error:
            log.info("whether an answer stands there is not known: %s", error)
            return
        if message.flags.loading:
            await self.withdraw()

    async def withdraw(self) -> None:
        """Take away what was announced, and not filled in."""
        if self._is_deferred:
            self._is_deferred = False
            try:
                await self._line.do(self._interaction.delete_original_response, waits=False)
            except DiscordError as error:
                if error.code not in NOT_THERE | TOKEN_OVER:
                    raise


def _message(address: str) -> int:
    return int(address.partition("/")[2])
