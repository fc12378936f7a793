"""The messages of one answer: what they shall say is compared with what they say, and what differs is sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.locales import Phrases
from bot.platforms.discord.cards import Payload, running
from bot.platforms.discord.errors import MISSING_PERMISSIONS, DiscordError
from bot.platforms.discord.line import Line
from bot.platforms.discord.objects import Picture
from bot.platforms.discord.outlets import Outlet
from bot.platforms.tables import TableStream
from bot.platforms.tasks import Tasks

log = logging.getLogger(__name__)

# An answer that is there in a moment is sent whole.
_GATHERED_S: Final = 0.1
_FIRST_PAUSE_S: Final = 1.2
_LONGEST_PAUSE_S: Final = 4.0
_SLOWER: Final = 1.25
# How often an answer looks whether it is its turn.
_LOOK_S: Final = 0.2


async def _nothing() -> None:
    pass


@dataclass(slots=True)
class Shown:
    """A message that stands there.

    Attributes:
        payload: What it says; `None` where that is not known.
    """

    address: str
    payload: Payload | None = None


class Writing:
    """One answer.

    Args:
        outlet: Where its messages go, from now on.
        key: Of the question; makes each message one that is sent once.
        shown: The addresses of those that stand there already.

    Attributes:
        moved: Is awaited when there is another message.
        text: All of it so far, as Markdown without tables.
        reference: Of the answer.
        heading: What stands above it.
    """

    def __init__(
        self, line: Line, outlet: Outlet, tasks: Tasks, phrases: Phrases, *, key: str, shown: Sequence[str] = ()
    ) -> None:
        self._line = line
        self.outlet = outlet
        self._tasks = tasks
        self._phrases = phrases
        self._key = key
        self._round = 0
        self.shown = [Shown(address) for address in shown]
        self.text = ""
        self.reference = self.heading = ""
        self.moved: Callable[[], Awaitable[None]] = _nothing
        self._tables = TableStream()
        self._notice = self._placeholder = ""
        self._is_behind = False
        self._over = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def is_over(self) -> bool:
        """Whether it was finished, or taken away."""
        return self._over.is_set()

    # While it is written

    def hold_place(self, sentence: str) -> None:
        """Show what is being done where nothing of the answer is there yet."""
        self._placeholder = sentence
        if not self.text:
            self._show_soon()

    def append(self, markdown: str) -> None:
        """Show more of it, soon."""
        if text := self._tables.feed(markdown):
            self.text += text
            self._show_soon()

    async def begin_again(self, notice: str) -> None:
        """Take back what is shown, and say why."""
        self._tables, self.text, self._placeholder = TableStream(), "", ""
        # Where nothing was shown yet, there is nothing to explain.
        self._notice = notice if self.shown else ""
        if self.shown:
            async with self._turn:
                try:
                    await self._stand(self._wanted())
                except DiscordError as error:  # what the answer shows at its end takes its place
                    log.info("not taken back yet: %s", error)

    def _show_soon(self) -> None:
        self._is_behind = True
        if not self.is_over and (self._showing is None or self._showing.done()):
            self._showing = self._tasks.begin(self._show_on(), "showing an answer")

    async def _show_on(self) -> None:
        """Show what there is, now and then, until nothing is missing."""
        pace, channel = self._line.pace, self.outlet.channel
        pause_s = _FIRST_PAUSE_S
        await self._rest(_GATHERED_S)
        try:
            while self._is_behind and not self.is_over:
                if channel and (self._line.turns.is_busy or not pace.may_show(channel, self)):
                    await self._rest(_LOOK_S)
                    continue
                async with self._turn:
                    if self._over.is_set():  # meanwhile
                        return
                    self._is_behind = False
                    try:
                        await self._stand(self._wanted())
                    except DiscordError as error:  # what is missing is shown with the next words, or at the end
                        log.info("not shown yet: %s", error)
                        if not error.is_passing:
                            return
                if channel:
                    pace.shown(channel, self)
                await self._rest(pause_s)
                pause_s = min(pause_s * _SLOWER, _LONGEST_PAUSE_S)
                channel = self.outlet.channel
        finally:
            if channel:
                pace.over(channel, self)

    async def _rest(self, seconds: float) -> None:
        """Wait, but not after the end."""
        resting = asyncio.ensure_future(self._line.clock.sleep(seconds))
        ending = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({resting, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            ending.cancel()

    def _wanted(self) -> list[Payload]:
        text = self.text
        if not text.strip():
            text = self._placeholder or "…"
        return running(text, self.reference, self._phrases, notice=self._notice, heading=self.heading)

    def lose(self, message: int) -> None:
        """Somebody took one of its messages away: it is missing from now on."""
        for shown in self.shown:
            if shown.address.endswith(f"/{message}"):
                shown.payload = None  # the next one takes its place

    # At its end

    async def finish(self, payloads: Sequence[Payload], pictures: Sequence[Picture] = ()) -> None:
        """Let exactly these messages stand there.

        Raises:
            DiscordError: They do not.
        """
        self._over.set()
        async with self._turn:
            await self._stand(payloads, pictures)

    async def remove(self) -> None:
        """Take it all away.

        Raises:
            DiscordError: Some of it still stands there.
        """
        self._over.set()
        async with self._turn:
            await self._stand([])

    async def _stand(self, wanted: Sequence[Payload], pictures: Sequence[Picture] = ()) -> None:
        """Send what is missing, change what differs, take away what is too much."""
        is_new = False
        for at, payload in enumerate(wanted):
            # What somebody took away is shown by the next message, so that the order stays.
            is_last = at == len(wanted) - 1
            while at < len(self.shown) and not await self._says(self.shown[at], payload, pictures if is_last else ()):
                del self.shown[at]
                self._round += 1
            if at == len(self.shown):
                # Of each run its own: else what an earlier one has taken away would seem to stand there.
                key = f"{self._key}-{self.reference}-{self._round}-{at}" if self._key else ""
                address = await self.outlet.send(payload, key=key, pictures=pictures if is_last else ())
                self.shown.append(Shown(address, payload))
                is_new = True
            self._check_embeds(self.shown[at])
        while len(self.shown) > len(wanted):
            await self.outlet.delete(self.shown[-1].address)
            self.shown.pop()
            self._round += 1  # a nonce of a message that is gone would bring it back
        if is_new:
            await self.moved()

    def _check_embeds(self, shown: Shown) -> None:
        """Notice what got lost, so that the same is said without embeds.

        Raises:
            DiscordError: They are not there.
        """
        if shown.payload is not None and shown.payload.embeds and self.outlet.is_plain:
            shown.payload = None
            raise DiscordError("the embeds got lost", code=MISSING_PERMISSIONS, status=200)

    async def _says(self, shown: Shown, payload: Payload, pictures: Sequence[Picture]) -> bool:
        if shown.payload == payload and not pictures:
            return True
        if not await self.outlet.edit(shown.address, payload, pictures):
            return False
        shown.payload = payload
        return True
