"""The way of one message: the same for every platform."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from cachetools import TTLCache

from bot.access import Access
from bot.commands import Call, commands_on, nearest, read_call
from bot.commands.base import Invocation, WrongUsage
from bot.locales import Phrases, phrases_in
from bot.messages import Card, IncomingMessage
from bot.ports import Pipeline, Reply
from bot.replies import answer_card, failure_card, refusal_card, restart_notice, stopped_card
from rag.errors import QuotaExceeded
from rag.model import Restart, Status, Token
from rag.ports import Clock

_log = logging.getLogger(__name__)

_REMEMBERED_EVENTS: Final = 10_000
# Slack delivers an event for the last time five minutes after the first.
_REMEMBERED_FOR_S: Final = 3600


def _random_reference() -> str:
    return secrets.token_hex(4)


class Conversation:
    """Answers messages: a command by itself, everything else from the documents."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        access: Access,
        clock: Clock,
        new_reference: Callable[[], str] = _random_reference,
    ) -> None:
        self._pipeline = pipeline
        self._access = access
        self._new_reference = new_reference
        self._seen = TTLCache[tuple[str, str], None](_REMEMBERED_EVENTS, _REMEMBERED_FOR_S, timer=clock.monotonic)

    async def handle(self, message: IncomingMessage, reply: Reply) -> None:
        """Answer a message, once however often it is delivered; whatever happens ends in a reply.

        Raises:
            BrokenPipeError: Nobody reads the reply any more.
        """
        if self._is_duplicate(message):
            return
        phrases = phrases_in(message.locale)
        answering = _Recorded(reply)
        try:
            card = await self._answer(message, answering, phrases)
        except asyncio.CancelledError:
            await reply.finish(stopped_card(answering.streamed, phrases))
            raise
        except BrokenPipeError:  # there is nobody to apologise to
            raise
        except Exception as error:  # noqa: BLE001 - the bot's outer edge: logged, and told with its reference
            reference = self._new_reference()
            _log.exception(
                "message failed reference=%s platform=%s place=%s", reference, message.platform, message.place
            )
            card = failure_card(error, reference=reference, streamed=answering.streamed, phrases=phrases)
        await reply.finish(card)

    def _is_duplicate(self, message: IncomingMessage) -> bool:
        event = (message.platform, message.event_id)
        if event in self._seen:
            return True
        self._seen[event] = None
        return False

    async def _answer(self, message: IncomingMessage, answering: _Recorded, phrases: Phrases) -> Card:
        call = read_call(message.text, commands_on(message.platform))
        if call is not None:
            return await self._run(call, message, phrases)
        return await self._ask(message, answering, phrases)

    async def _run(self, call: Call, message: IncomingMessage, phrases: Phrases) -> Card:
        commands = commands_on(message.platform)
        command = next((command for command in commands if command.name == call.name), None)
        if command is None:
            guess = nearest(call.name, commands)
            if guess is None:
                return Card(phrases("command.unknown", name=call.name))
            return Card(phrases("command.near_miss", name=call.name, nearest=guess))
        scope = self._access.scope_of(message.place)
        try:
            arguments = command.bind(call.words)
            return await command.run(Invocation(arguments, self._pipeline, scope, phrases, commands))
        except WrongUsage:
            return Card(phrases("command.wrong_usage", name=command.name, example=command.example))

    async def _ask(self, message: IncomingMessage, answering: _Recorded, phrases: Phrases) -> Card:
        try:
            await self._pipeline.admit(message.asker)
        except QuotaExceeded as refusal:
            whose = refusal.subject.partition(":")[0]
            _log.info("refused platform=%s limit=%s of=%s", message.platform, refusal.measure, whose)
            return refusal_card(refusal, phrases)
        scope, pin = self._access.scope_of(message.place), self._access.pin_of(message.place)
        card: Card | None = None
        stream = self._pipeline.stream(message.text, history=message.history, scope=scope, pin=pin, asker=message.asker)
        # Closed here and now, whatever ends it: a model goes on writing, for money, while its connection is open.
        async with aclosing(stream) as events:
            # Followed to its end, not only to the answer: the pipeline may have work of its own left.
            async for event in events:
                match event:
                    case Status(stage):
                        await answering.status(phrases(f"working.{stage}"))
                    case Token(text):
                        await answering.append(text)
                    case Restart():
                        await answering.restart(restart_notice(event, phrases))
                    case answer:
                        card = answer_card(answer, phrases)
        if card is None:
            raise RuntimeError("the pipeline's stream ended without an answer")
        return card


class _Recorded:
    """A reply that remembers what was streamed into it, for when the answer breaks off."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.streamed = ""

    async def status(self, text: str) -> None:
        await self._reply.status(text)

    async def append(self, markdown: str) -> None:
        self.streamed += markdown
        await self._reply.append(markdown)

    async def restart(self, notice: str) -> None:
        self.streamed = ""
        await self._reply.restart(notice)
