"""An answer that appears in Slack while it is written, over as many messages as it needs.

Slack's own streams show it where the workspace has them; elsewhere, and after a stream has died, messages are changed
in place. What has begun as a stream can go on as changes, never the other way round.

Facts (docs.slack.dev/reference/methods/chat.appendStream and threads about it, checked 2026-11): a stream is full at
some 10,600 bytes, though no page says so; it dies after some five minutes, and then neither takes text nor can be
stopped; methods are limited for the whole workspace.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal

from bot.platforms.slack.blocks import MESSAGE_BYTES, PIECE_BYTES, Block, Payload, body
from bot.platforms.slack.cutting import LEAST_BYTES, cut
from bot.platforms.slack.markup import fallback
from bot.platforms.slack.plainer import size_of
from bot.platforms.slack.posts import Posts, Spot
from bot.platforms.slack.streams import DEAD, Streams
from bot.platforms.slack.web import SlackError
from bot.platforms.tables import TableStream
from bot.platforms.tasks import Tasks
from rag.ports import Clock

log = logging.getLogger(__name__)

# The first words come at once; then the longer it takes, the less often: every change is a call.
_FIRST_PAUSE_S: Final = 0.7
_LONGEST_PAUSE_S: Final = 3.0
_SLOWER: Final = 1.15
# Changing a message shows all of it anew, for a limit that is half as high.
_CHANGE_PAUSE_S: Final = 1.2
_OF_STREAMS: Final = 0.9
# So many a minute, in the whole workspace (docs.slack.dev/reference/methods/chat.update, 2026-11); some are kept back.
_CHANGES: Final = 45


@dataclass(slots=True)
class Shown:
    """A message of the answer.

    Attributes:
        text: What it says, as Markdown.
        is_stream: It is open for more.
        is_full: What follows goes into another one.
    """

    ts: str
    text: str = ""
    is_stream: bool = False
    is_full: bool = False


async def _at_once() -> None:
    """Nothing stands in the way."""


class Writing:
    """The messages of one answer.

    Args:
        answers: The question, for finding the messages again.
        shown: The messages that stand there already, by their time stamps.
        first: Is awaited before anything is shown.

    Attributes:
        shown: All its messages.
        moved: Is awaited when there is another one of them: a stream does not say whose it is until it ends.
        text: All of it so far, as Markdown without tables.
        stop_buttons: What stands under a message that is being changed.
        ended_a_stream: Its last message was a stream to its end.
    """

    def __init__(
        self,
        posts: Posts,
        spot: Spot,
        tasks: Tasks,
        clock: Clock,
        *,
        answers: str,
        shown: Sequence[str] = (),
        first: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        self._posts = posts
        self._web = posts.web
        self._spot = spot
        self._tasks = tasks
        self._clock = clock
        self._answers = answers
        self._first = first
        self._stream = Streams(posts, spot, answers)
        self._tables = TableStream()
        self.shown = [Shown(ts) for ts in shown]
        self.text = ""
        self.moved: Callable[[], Awaitable[None]] = _at_once
        self.stop_buttons: list[Block] = []
        self.ended_a_stream = False
        self._notice = self._placeholder = ""
        self._pending = self._opening = ""  # what waits, and what is put before it where a new message begins
        self._limit = PIECE_BYTES
        self._streams = not shown
        self._over = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None
        self._is_pausing = False
        self._next_s = 0.0
        self._pause_s = _FIRST_PAUSE_S
        self._turn = asyncio.Lock()

    @property
    def streams(self) -> bool:
        """Whether the next words go into a stream."""
        return self._streams and not self._web.lacks("chat.startStream")

    @property
    def is_over(self) -> bool:
        """Whether it was finished, or taken away."""
        return self._over.is_set()

    # While it is written

    async def hold_place(self, sentence: str) -> None:
        """Put a message there that will be the answer, in words that hold until then.

        Raises:
            SlackError: It does not stand there.
        """
        async with self._turn:
            if self.text or self._over.is_set():
                return
            self._streams, self._placeholder = False, sentence
            await self._change_or_post("")
            # An answer that is there in a moment replaces it at once, and is not changed twice.
            self._next_s = self._clock.monotonic() + _CHANGE_PAUSE_S

    def append(self, markdown: str) -> None:
        """Show more of it, soon."""
        if text := self._tables.feed(markdown):
            self.text += text
            self._pending += text
            if self._showing is None or self._showing.done():
                self._showing = self._tasks.begin(self._show_on(), "showing an answer")

    async def begin_again(self, notice: str) -> None:
        """Take back what is shown, as far as Slack does that now, and say why."""
        async with self._turn:
            await self._end_stream()
            self._tables, self.text, self._pending, self._opening = TableStream(), "", "", ""
            # Where nothing was shown yet, there is nothing to explain.
            self._notice, self._streams = notice, self._streams and not self.shown
            try:
                await self._leave_one()
            except SlackError as error:  # what the answer shows at its end takes its place
                log.info("not taken back yet: %s", error)

    async def _leave_one(self) -> None:
        """Leave nothing of the old text but one message that tells why."""
        for message in self.shown:
            message.text, message.is_full = "", False
        while len(self.shown) > 1:
            await self._posts.delete(self._spot.channel, self.shown[-1].ts)
            self.shown.pop()
        if self.shown:
            await self._change_or_post("")

    async def _show_on(self) -> None:
        """Show what waits, now and then, until nothing does."""
        while self._pending and not self._over.is_set():
            if (wait_s := self._next_s - self._clock.monotonic()) > 0:
                self._is_pausing = True
                await self._clock.sleep(wait_s)
                self._is_pausing = False
            async with self._turn:
                if self._over.is_set():
                    return
                await self._first()
                messages = len(self.shown)
                try:
                    await self._show_pending()
                except SlackError as error:  # what is missing is shown with the next words, or at the end
                    log.info("not shown yet: %s", error)
                    if error.code != "ratelimited":
                        return
            if len(self.shown) != messages:
                await self.moved()
            self._next_s = self._clock.monotonic() + max(self._pause_s, 0 if self.streams else _CHANGE_PAUSE_S)
            self._pause_s = min(self._pause_s * _SLOWER, _LONGEST_PAUSE_S)

    async def _show_pending(self) -> None:
        """Show what waits, as far as there is room in Slack's limits; the rest waits on."""
        while self._has_words:
            method = self._method
            if method == "chat.startStream" and not self._may_stream:  # many do at this moment
                self._streams = False
                continue
            if method != "chat.startStream" and not self._has_room(method):
                return
            await self._show_some(waits=False)

    def _has_room(self, method: str) -> bool:
        """Whether such a call leaves enough for the last ones of all answers."""
        if method != "chat.update":
            return self._web.has_room(method)
        self._posts.changing.add(self)
        # The first words are posted, which is limited by channel.
        return not self._goes_on or self._web.has_room(method, share=1 - len(self._posts.changing) / _CHANGES)

    # At its end

    async def finish(
        self,
        text: str,
        closing: list[Block],
        below: Callable[[], list[Payload]],
        whole: Callable[[], list[Payload]],
    ) -> None:
        """Show all of it, finished.

        Args:
            text: Without tables.
            closing: What stands below it.
            below: The same as messages of their own, for where it does not fit below the text.
            whole: Text and closing, as messages, for where no stream can be finished.

        Raises:
            SlackError: It does not stand there.
        """
        async with self._last_turn():
            await self._first()
            # An answer that came faster than it could be shown is posted whole.
            if self.streams and self.text and self.shown and text.startswith(self.text):
                self._pending += text[len(self.text) :]
                self.text = text
                if await self._finish_stream(closing, below):
                    return
            await self._end_stream(is_last=True)
            await self._finish_messages(whole())

    async def remove(self) -> None:
        """Take it all away.

        Raises:
            SlackError: Some of it still stands there.
        """
        async with self._last_turn():
            await self._end_stream(is_last=True)
            while self.shown:
                await self._posts.delete(self._spot.channel, self.shown[-1].ts)
                self.shown.pop()

    @asynccontextmanager
    async def _last_turn(self) -> AsyncIterator[None]:
        self._over.set()
        async with self._turn:  # a call that is under way comes to its end
            if self._showing is not None and self._is_pausing:
                self._showing.cancel()
            yield
        self._posts.changing.discard(self)

    async def _finish_stream(self, closing: list[Block], below: Callable[[], list[Payload]]) -> bool:
        """Finish the text as it was begun; false where the stream has died, or will not take it."""
        try:
            while self._has_words and not (self._open and self._fits):
                await self._show_some(waits=True)
                if not self.streams:
                    return False
            if not self._open:
                return False
            apart = size_of(closing) + len((self.shown[-1].text + self._pending).encode()) > MESSAGE_BYTES
            under = self._posts.elements(Payload("", [] if apart else closing)).blocks
            await self._stream.stop(self.shown[-1].ts, text=self._pending, below=under, session="active")
            self.shown[-1].is_stream, self.ended_a_stream = False, True
            for payload in below() if apart else ():
                await self._post(payload)
        except SlackError as error:
            log.info("finished by changing it: %s", error)
            if error.code in DEAD:
                self.shown[-1].is_stream = False
            return False
        return True

    async def _finish_messages(self, whole: list[Payload]) -> None:
        """Let exactly these messages stand there: in place of what is shown, then below it."""
        at = 0
        for payload in whole:
            while at < len(self.shown) and not await self._update(self.shown[at], payload):
                del self.shown[at]  # somebody took it away: the next one shows this, so that the order stays
            if at == len(self.shown):
                await self._post(payload)
            at += 1
        while len(self.shown) > at:
            await self._posts.delete(self._spot.channel, self.shown[-1].ts)
            self.shown.pop()

    # One message after the other

    @property
    def _open(self) -> bool:
        return bool(self.shown) and self.shown[-1].is_stream

    @property
    def _method(self) -> Literal["chat.update", "chat.appendStream", "chat.startStream"]:
        """By which the next words are shown."""
        if not self.streams:
            return "chat.update"
        return "chat.appendStream" if self._open else "chat.startStream"

    @property
    def _has_words(self) -> bool:
        """Whether something waits that can be shown: no message begins with nothing."""
        return bool(self._pending if self._goes_on else self._pending.strip())

    @property
    def _goes_on(self) -> bool:
        """Whether the next words go below the last ones."""
        return self._open if self.streams else bool(self.shown) and not self.shown[-1].is_full

    @property
    def _may_stream(self) -> bool:
        """Whether so few streams are begun and closed that this one will not have to wait at its end."""
        methods = ("chat.startStream", "chat.stopStream")
        return all(self._web.has_room(method, share=_OF_STREAMS) for method in methods)

    @property
    def _fits(self) -> bool:
        return len((self.shown[-1].text + self._pending).encode()) <= self._limit

    async def _show_some(self, *, waits: bool) -> None:
        """Show as much of what waits as goes into one message, or find out that this goes another way.

        Raises:
            SlackError: It is not shown.
        """
        shown = self.shown[-1].text if self._goes_on else ""
        waiting = len(self._pending)
        now, later, opening = cut(shown, self._opening + self._pending, self._limit)
        try:
            if now:
                await self._show(now, waits=waits)
        except SlackError as error:
            if not self._goes_on_after(error, len((shown + now).encode())):
                raise
            if not self.streams:
                await self._end_stream()
            return
        # More may have been written meanwhile.
        self._pending, self._opening = later + self._pending[waiting:], opening
        if later and self.shown:
            await self._end_stream()
            self.shown[-1].is_full = True

    async def _show(self, text: str, *, waits: bool) -> None:
        if not self.streams:
            await self._change_or_post(text, waits=waits)
        elif self._open:
            await self._stream.append(self.shown[-1].ts, text, waits=waits)
            self.shown[-1].text += text
        else:
            ts = await self._stream.start(text, waits=waits)
            self.shown.append(Shown(ts, text, is_stream=True))

    def _goes_on_after(self, error: SlackError, refused_bytes: int) -> bool:
        """Whether there is another way, after this one has failed."""
        if error.code == "ratelimited":
            return False
        if error.code == "msg_too_long" and self.streams and self._limit > LEAST_BYTES:
            self._limit = max(refused_bytes * 3 // 4, LEAST_BYTES)
            return True
        if error.code in DEAD and self.shown:
            self.shown[-1].is_stream = False
        if self._streams:
            log.info("goes on without a stream: %s", error)
            self._streams, self._limit = False, PIECE_BYTES
            return True
        return False

    async def _change_or_post(self, more: str, *, waits: bool = True) -> None:
        """Show more in the last message, or in a new one where that takes no more."""
        last = self.shown[-1] if self.shown and not self.shown[-1].is_full else None
        text = (last.text if last else "") + more
        is_first = len(self.shown) <= (1 if last else 0)
        above = [self._notice] if self._notice and is_first else []
        markdown = "\n\n".join([*above, text] if text else above) or self._placeholder or "…"
        payload = Payload(fallback(markdown), [*body(markdown), *self.stop_buttons])
        if last is not None:
            if await self._update(last, payload, waits=waits):
                last.text = text
                return
            self.shown.remove(last)
        await self._post(payload, text)

    async def _update(self, message: Shown, payload: Payload, *, waits: bool = True) -> bool:
        return await self._posts.update(self._spot.channel, message.ts, payload, answers=self._answers, waits=waits)

    async def _post(self, payload: Payload, text: str = "") -> None:
        known = [message.ts for message in self.shown]
        ts = await self._posts.post(self._spot, payload, answers=self._answers, besides=known)
        self.shown.append(Shown(ts, text))

    async def _end_stream(self, *, is_last: bool = False) -> None:
        """Close the stream that is open, so that the message can be changed or another one begun."""
        if self._open:
            self.shown[-1].is_stream = False
            await self._stream.give_up(self.shown[-1].ts, session="active" if is_last else "processing")
