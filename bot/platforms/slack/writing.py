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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bot.platforms.slack.blocks import MESSAGE_BYTES, PIECE_BYTES, Block, Payload, body
from bot.platforms.slack.cutting import cut
from bot.platforms.slack.markup import fallback
from bot.platforms.slack.plainer import size_of
from bot.platforms.slack.posts import Posts, Spot, mark
from bot.platforms.slack.tables import TableStream
from bot.platforms.slack.tasks import Tasks
from bot.platforms.slack.web import SlackError
from rag.ports import Clock

log = logging.getLogger(__name__)

_DEAD: Final = frozenset({"message_not_in_streaming_state", "stopped_by_user", "message_not_found"})
# The first words come at once; then the longer it takes, the less often: every change is a call.
_FIRST_PAUSE_S: Final = 0.7
_LONGEST_PAUSE_S: Final = 3.0
_SLOWER: Final = 1.15
# Changing a message shows all of it anew, for a limit that is half as high.
_CHANGE_PAUSE_S: Final = 1.2
_OF_STREAMS: Final = 0.9


@dataclass(slots=True)
class Shown:
    """A message of the answer.

    Attributes:
        text: What it says, as Markdown.
        is_stream: It is open for more.
    """

    ts: str
    text: str = ""
    is_stream: bool = False


class Writing:
    """The messages of one answer.

    Args:
        answers: The question, for finding the messages again.
        shown: The messages that stand there already, by their time stamps.

    Attributes:
        shown: All its messages.
        text: All of it so far, as Markdown without tables.
        stop_buttons: What stands under a message that is being changed.
        ended_a_stream: Its last message was a stream to its end.
    """

    def __init__(
        self, posts: Posts, spot: Spot, tasks: Tasks, clock: Clock, *, answers: str, shown: tuple[str, ...] = ()
    ) -> None:
        self._posts = posts
        self._web = posts.web
        self._spot = spot
        self._tasks = tasks
        self._clock = clock
        self._answers = answers
        self._tables = TableStream()
        self.shown = [Shown(ts) for ts in shown]
        self.text = ""
        self.stop_buttons: list[Block] = []
        self.ended_a_stream = False
        self._notice = self._placeholder = ""
        self._pending = ""
        self._streams = not shown
        self._over = asyncio.Event()
        self._wake = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def streams(self) -> bool:
        """Whether the next words go into a stream."""
        return self._streams and not self._web.lacks("chat.startStream")

    # While it is written

    async def hold_place(self, sentence: str) -> None:
        """Put a message there that will be the answer, in words that hold until then."""
        async with self._turn:
            if self.text or self._over.is_set():
                return
            self._streams, self._placeholder = False, sentence
            await self._change_or_post(-1 if not self.shown else 0, "")

    def append(self, markdown: str) -> None:
        """Show more of it, soon."""
        self._add(self._tables.feed(markdown))

    async def begin_again(self, notice: str) -> None:
        """Take back what is shown, and say why."""
        async with self._turn:
            await self._end_stream()
            self._tables, self.text, self._pending, self._notice = TableStream(), "", "", notice
            self._streams = False
            for message in self.shown[1:]:
                await self._posts.delete(self._spot.channel, message.ts)
            del self.shown[1:]
            if self.shown:
                self.shown[0].text = ""
                await self._change_or_post(0, "")

    def _add(self, text: str) -> None:
        if text:
            self.text += text
            self._pending += text
            self._wake.set()
            if self._showing is None:
                self._showing = self._tasks.begin(self._show_on(), "showing an answer")

    async def _show_on(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._over.is_set():
            await self._wake.wait()
            self._wake.clear()
            async with self._turn:
                if self._over.is_set():
                    return
                try:
                    await self._show_pending()
                except SlackError as error:  # what is missing is shown at the end
                    log.info("not shown yet: %s", error)
            await self._clock.sleep(max(pause_s, 0 if self.streams else _CHANGE_PAUSE_S))
            pause_s = min(pause_s * _SLOWER, _LONGEST_PAUSE_S)

    async def _show_pending(self) -> None:
        """Show what waits, as far as there is room in Slack's limits; the rest waits on."""
        while self._pending:
            method = "chat.update"
            if self.streams:
                method = "chat.appendStream" if self._open else "chat.startStream"
            if method == "chat.startStream" and not self._may_stream:  # many do at this moment
                self._streams = False
                continue
            if method != "chat.startStream" and not self._web.has_room(method):
                self._wake.set()  # after a pause
                return
            if not await self._show_some(waits=False):
                return

    # At its end

    async def finish(self, text: str, closing: list[Block], whole: list[Payload]) -> None:
        """Show all of it, finished.

        Args:
            text: Without tables.
            closing: What stands below it.
            whole: Both, as messages, for where no stream can be finished.

        Raises:
            SlackError: It does not stand there.
        """
        async with self._last_turn():
            if self.streams and self.shown and text.startswith(self.text):
                self._pending += text[len(self.text) :]
                self.text = text
                if await self._finish_stream(closing):
                    return
            await self._end_stream()
            await self._finish_messages(whole)

    async def remove(self) -> None:
        """Take it all away.

        Raises:
            SlackError: Some of it still stands there.
        """
        async with self._last_turn():
            await self._end_stream()
            while self.shown:
                await self._posts.delete(self._spot.channel, self.shown[-1].ts)
                self.shown.pop()

    @asynccontextmanager
    async def _last_turn(self) -> AsyncIterator[None]:
        self._over.set()
        async with self._turn:  # a call that is under way comes to its end
            if self._showing is not None:
                self._showing.cancel()
            yield

    async def _finish_stream(self, closing: list[Block]) -> bool:
        """Finish the text as it was begun; false where the stream has died, or will not take it."""
        try:
            while not self._fits(self._open_text, self._pending) or not self._open:
                await self._show_some(waits=True)
                if not self.streams:
                    return False
            await self._close_with(closing)
        except SlackError as error:
            log.info("finished by changing it: %s", error)
            if error.code in _DEAD:
                self.shown[-1].is_stream = False
            return False
        return True

    async def _close_with(self, closing: list[Block]) -> None:
        """Show the rest in the open stream, and close it with what stands below."""
        last, rest = self.shown[-1], self._pending
        below = self._posts.elements(Payload("", closing)).blocks
        apart = len((last.text + rest).encode()) + size_of(below) > MESSAGE_BYTES
        await self._web.call(
            "chat.stopStream",
            channel=self._spot.channel,
            ts=last.ts,
            markdown_text=rest or None,
            blocks=None if apart else below,
            metadata=mark(self._answers),
        )
        self.ended_a_stream = True
        last.text, last.is_stream, self._pending = last.text + rest, False, ""
        if apart:
            ts = await self._posts.post(self._spot, Payload(fallback(rest), closing), answers=self._answers)
            self.shown.append(Shown(ts))

    async def _finish_messages(self, whole: list[Payload]) -> None:
        """Let exactly these messages stand there: in place of what is shown, then below it."""
        channel, kept = self._spot.channel, []
        for payload in whole:
            message = self.shown.pop(0) if self.shown else None
            if message is None or not await self._posts.update(channel, message.ts, payload, answers=self._answers):
                message = Shown(await self._posts.post(self._spot, payload, answers=self._answers))
            kept.append(message)
        for message in self.shown:
            await self._posts.delete(channel, message.ts)
        self.shown = kept

    # One message after the other

    @property
    def _open(self) -> bool:
        return bool(self.shown) and self.shown[-1].is_stream

    @property
    def _open_text(self) -> str:
        return self.shown[-1].text if self._open else ""

    @property
    def _may_stream(self) -> bool:
        """Whether so few streams are begun and closed that this one will not have to wait at its end."""
        methods = ("chat.startStream", "chat.stopStream")
        return all(self._web.has_room(method, share=_OF_STREAMS) for method in methods)

    def _fits(self, text: str, more: str) -> bool:
        return len((text + more).encode()) <= PIECE_BYTES

    async def _show_some(self, *, waits: bool) -> bool:
        """Show as much of what waits as goes into one message; false where it is better tried later."""
        shown = self._open_text if self.streams or not self.shown else self.shown[-1].text
        now, later, onward = cut(shown, self._pending, PIECE_BYTES)
        try:
            if not self.streams:
                await self._change_or_post(len(self.shown) - 1, now, waits=waits)
            elif self._open:
                await self._append(now, waits=waits)
            else:
                await self._start(now, waits=waits)
        except SlackError as error:
            if not self._goes_on_after(error):
                raise
            await self._end_stream()
            return True
        self._pending = onward + later
        if later:
            await self._end_stream()
            if not self.streams:
                await self._change_or_post(-1, "")
        return True

    def _goes_on_after(self, error: SlackError) -> bool:
        """Whether there is another way, after this one has failed."""
        if error.code == "ratelimited":
            return False
        if error.code == "msg_too_long" and self._open and self.shown[-1].text:
            return True  # into a new one
        if error.code in _DEAD and self.shown:
            self.shown[-1].is_stream = False
        if self._streams:
            log.info("goes on without a stream: %s", error)
            self._streams = False
            return True
        return False

    async def _start(self, text: str, *, waits: bool) -> None:
        direct = self._spot.is_direct
        try:
            started = await self._web.call(
                "chat.startStream",
                waits=waits,
                channel=self._spot.channel,
                thread_ts=self._spot.thread,
                markdown_text=text,
                recipient_user_id=None if direct else self._spot.user,
                recipient_team_id=None if direct else self._posts.team,
            )
        except SlackError as error:
            if error.is_done:  # it may stand there, and nobody knows where
                self._streams = False
            raise
        self.shown.append(Shown(str(started["ts"]), text, is_stream=True))

    async def _append(self, text: str, *, waits: bool) -> None:
        last = self.shown[-1]
        await self._web.call(
            "chat.appendStream", waits=waits, channel=self._spot.channel, ts=last.ts, markdown_text=text
        )
        last.text += text

    async def _change_or_post(self, at: int, more: str, *, waits: bool = True) -> None:
        """Show more in a message; `at` -1 puts a new one there."""
        text = (self.shown[at].text if at >= 0 else "") + more
        above = [self._notice] if self._notice and at <= 0 else []
        markdown = "\n\n".join([*above, text] if text else above) or self._placeholder or "…"
        payload = Payload(fallback(markdown), [*body(markdown), *self.stop_buttons])
        if at >= 0:
            message = self.shown[at]
            if await self._posts.update(self._spot.channel, message.ts, payload, answers=self._answers, waits=waits):
                message.text = text
                return
            del self.shown[at]
        ts = await self._posts.post(self._spot, payload, answers=self._answers)
        self.shown.append(Shown(ts, text))

    async def _end_stream(self) -> None:
        """Close the stream that is open, so that the message can be changed."""
        if not self._open:
            return
        last = self.shown[-1]
        last.is_stream = False
        try:
            await self._web.call(
                "chat.stopStream", channel=self._spot.channel, ts=last.ts, metadata=mark(self._answers)
            )
        except SlackError as error:
            log.info("a stream has ended by itself: %s", error)
