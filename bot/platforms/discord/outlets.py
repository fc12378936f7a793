"""Where messages of the bot stand: in a channel, or as the answer to an interaction; sent, changed and taken away."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, Protocol, TypeVar

import discord
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from bot.platforms.discord.cards import Button, Payload
from bot.platforms.discord.errors import (
    INVALID_FORM,
    NO_HISTORY,
    NOT_THERE,
    TOKEN_OVER,
    TOO_MANY_EDITS,
    DiscordError,
    done,
)
from bot.platforms.discord.pace import Pace
from rag.ports import Clock

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_TRIES: Final = 4
_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_NONCE_CHARS: Final = 25
# Discord takes answers for fifteen minutes; what is begun shortly before is ended in another way.
_TOKEN_S: Final = 14.5 * 60
_STYLES: Final[Mapping[str, discord.ButtonStyle]] = {
    "primary": discord.ButtonStyle.primary,
    "secondary": discord.ButtonStyle.secondary,
    "danger": discord.ButtonStyle.danger,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that stands below a message, with a text for those who do not see it."""

    name: str
    content: bytes
    alt: str


class Outlet(Protocol):
    """Messages in one place; each is known by `channel/message`."""

    @property
    def channel(self) -> str:
        """Whose limits count for it; empty where they are its own."""
        ...

    async def send(self, payload: Payload, *, key: str = "", pictures: Sequence[Picture] = ()) -> str:
        """Put a message there; returns its address.

        Args:
            key: Of two messages of the same key only one is sent.

        Raises:
            DiscordError: It does not stand there.
        """
        ...

    async def edit(self, address: str, payload: Payload) -> bool:
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


class Line:
    """The way to Discord: what fails for a moment is tried again, and what was begun comes to its end.

    The library's calls are never cancelled: one that is, while Discord has told everybody to wait, would let all
    others wait for ever (discord.py 2.7).
    """

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self.client = client
        self.clock = clock
        self.pace = Pace(clock)
        self._calls: set[asyncio.Task[Any]] = set()

    async def do(self, work: Callable[[], Awaitable[_T]], *, tries: int = _TRIES) -> _T:
        """Do it, and again where that helps.

        Raises:
            DiscordError: It was not done, as far as anybody knows.
        """
        trying = AsyncRetrying(
            retry=retry_if_exception(_is_passing),
            wait=_pause,
            stop=stop_after_attempt(tries),
            sleep=self.clock.sleep,
            reraise=True,
        )
        return await trying(self._whole, work)

    async def _whole(self, work: Callable[[], Awaitable[_T]]) -> _T:
        call = asyncio.create_task(_whole(work))
        self._calls.add(call)
        call.add_done_callback(self._forget)
        return await asyncio.shield(call)

    def _forget(self, call: asyncio.Task[Any]) -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.exception()  # whoever was waiting for it may have gone


class ChannelOutlet:
    """Messages in a channel, a thread or a direct message.

    Args:
        answers: The message that is replied to; empty for none.
    """

    def __init__(self, line: Line, channel: str, *, answers: str = "") -> None:
        self._line = line
        self._answers = answers
        self.channel = channel

    async def send(self, payload: Payload, *, key: str = "", pictures: Sequence[Picture] = ()) -> str:
        """Put a message there, once however often it has to be tried: Discord knows it by its nonce."""
        place = self._place(self.channel)
        nonce = hashlib.blake2s(f"{self.channel}:{key}".encode()).hexdigest()[:_NONCE_CHARS] if key else None

        async def sent(*, replies: bool) -> discord.Message:
            reference = (
                discord.MessageReference(
                    message_id=int(self._answers), channel_id=int(self.channel), fail_if_not_exists=False
                )
                if replies
                else None
            )
            how: dict[str, Any] = {"view": _view(payload.rows), "reference": reference, "nonce": nonce}
            return await place.send(
                payload.content or None,
                embeds=_embeds(payload),
                files=_files(pictures),
                allowed_mentions=_pings(payload),
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
        return f"{self.channel}/{message.id}"

    async def edit(self, address: str, payload: Payload) -> bool:
        """Change it; what is too old to be changed so often is taken away."""
        channel, _, message = address.partition("/")
        place = self._place(channel).get_partial_message(int(message))
        try:
            with self._line.pace.call(channel):
                await self._line.do(
                    lambda: place.edit(
                        content=payload.content or None,
                        embeds=_embeds(payload),
                        view=_view(payload.rows),
                        allowed_mentions=_pings(payload),
                    )
                )
        except DiscordError as error:
            if error.code == TOO_MANY_EDITS:
                log.info("posted anew: %s", error)
                await self.delete(address)
                return False
            if error.code in NOT_THERE:
                return False
            raise
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
    """

    channel = ""

    def __init__(
        self, line: Line, interaction: discord.Interaction, *, is_private: bool, is_deferred: bool, original: str = ""
    ) -> None:
        self._line = line
        self._interaction = interaction
        self.is_private = is_private
        self._is_deferred = is_deferred
        self._original = original

    @property
    def is_over(self) -> bool:
        """Whether Discord takes no more answers."""
        age = self._line.clock.now() - self._interaction.created_at
        return age.total_seconds() > _TOKEN_S

    async def send(self, payload: Payload, *, key: str = "", pictures: Sequence[Picture] = ()) -> str:  # noqa: ARG002 - a token's messages have no nonce
        """Fill in the message that was announced, or put another one below."""
        if self._is_deferred:
            self._is_deferred = False
            message: discord.Message = await self._line.do(
                lambda: self._interaction.edit_original_response(
                    content=payload.content or None,
                    embeds=_embeds(payload),
                    view=_view(payload.rows),
                    attachments=_files(pictures),
                    allowed_mentions=_pings(payload),
                )
            )
            self._original = f"{message.channel.id}/{message.id}"
            return self._original
        message = await self._line.do(
            lambda: self._interaction.followup.send(
                payload.content,
                embeds=_embeds(payload),
                view=_view(payload.rows) or discord.utils.MISSING,
                files=_files(pictures),
                allowed_mentions=_pings(payload),
                ephemeral=self.is_private,
                wait=True,
            )
        )
        return f"{message.channel.id}/{message.id}"

    async def edit(self, address: str, payload: Payload) -> bool:
        """Change it."""

        async def edited() -> object:
            how: dict[str, Any] = {
                "content": payload.content or None,
                "embeds": _embeds(payload),
                "view": _view(payload.rows),
                "allowed_mentions": _pings(payload),
            }
            if address == self._original:
                return await self._interaction.edit_original_response(**how)
            return await self._interaction.followup.edit_message(_message(address), **how)

        try:
            await self._line.do(edited)
        except DiscordError as error:
            if error.code in NOT_THERE:
                return False
            raise
        return True

    async def delete(self, address: str) -> None:
        """Take it away."""

        async def deleted() -> None:
            if address == self._original:
                await self._interaction.delete_original_response()
            else:
                await self._interaction.followup.delete_message(_message(address))

        try:
            await self._line.do(deleted)
        except DiscordError as error:
            if error.code not in NOT_THERE:
                raise

    async def withdraw(self) -> None:
        """Take away what was announced, and not filled in."""
        if self._is_deferred:
            self._is_deferred = False
            try:
                await self._line.do(self._interaction.delete_original_response)
            except DiscordError as error:
                if error.code not in NOT_THERE | TOKEN_OVER:
                    raise


async def _whole(work: Callable[[], Awaitable[_T]]) -> _T:
    return await done(work)


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, DiscordError) and error.is_passing


def _pause(state: RetryCallState) -> float:
    """As long as Discord asks for, or twice as long each time."""
    error = state.outcome.exception() if state.outcome else None
    log.info("again: %s", error)
    asked = error.retry_after_s if isinstance(error, DiscordError) else None
    return min(_PAUSE_S * 2 ** (state.attempt_number - 1) if asked is None else asked, _LONGEST_PAUSE_S)


def _message(address: str) -> int:
    return int(address.partition("/")[2])


def _embeds(payload: Payload) -> list[discord.Embed]:
    return [discord.Embed.from_dict(embed) for embed in payload.embeds]


def _view(rows: Sequence[Sequence[Button]]) -> discord.ui.View | None:
    """The buttons; what is pressed is read from the event, so that any process and any shard can do so."""
    if not rows:
        return None
    view = discord.ui.View(timeout=None)
    for at, row in enumerate(rows):
        for button in row:
            view.add_item(
                discord.ui.Button(
                    label=button.label or None,
                    emoji=button.emoji or None,
                    custom_id=button.custom_id,
                    style=_STYLES[button.style],
                    row=at,
                )
            )
    view.stop()  # else the library would keep each of them, for ever
    return view


def _files(pictures: Sequence[Picture]) -> list[discord.File]:
    return [discord.File(BytesIO(one.content), one.name, description=one.alt) for one in pictures]


def _pings(payload: Payload) -> discord.AllowedMentions:
    return discord.AllowedMentions(
        everyone=False,
        users=[discord.Object(int(user)) for user in payload.pings],
        roles=[discord.Object(int(role)) for role in payload.role_pings],
        replied_user=False,
    )
