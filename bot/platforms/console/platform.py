"""The console platform: one person, one conversation, at a terminal or through a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Final, TextIO
from uuid import uuid4

from bot.commands import Call, commands_on, read_call, without_name
from bot.locales import phrases_in
from bot.messages import Card, Deletion, IncomingMessage, Locale, Person, Press, Question, Thread
from bot.platforms.console.keyboard import LineCleared, Prompt, keys_not_shown, on_interrupt, read_line
from bot.platforms.console.plain import ConsoleReply
from bot.platforms.console.reply import open_reply
from bot.ports import Core, Reply
from bot.text import plain
from rag.errors import StateUnavailable
from rag.model import Asker

NAME: Final = "console"
OPERATOR: Final = Asker(user=NAME, channel=NAME)
"""Whoever sits at the terminal."""


async def answer_once(core: Core, question: str, *, locale: Locale, stdout: TextIO) -> Card:
    """Answer one question outside any conversation, on a terminal or into a pipe.

    The card returned is what was shown; one without receipt is no answer.
    """
    card = await _Session(core, locale, stdout, is_resumable=False).say(question)
    assert card is not None, "a question that begins a conversation is answered"
    return card


class ConsolePlatform:
    """A chat at a terminal; where the input is a file or a pipe, each of its lines is a question.

    Args:
        conversation: The one to go on with; a new one where none is named.
        who: Whose rights and limits hold; whoever sits at the terminal where nobody is named.
    """

    name: Final = NAME

    def __init__(
        self,
        *,
        locale: Locale,
        stdin: TextIO,
        stdout: TextIO,
        welcome: str = "",
        history_file: Path | None = None,
        conversation: str = "",
        who: Asker = OPERATOR,
    ) -> None:
        self._locale: Locale = locale
        self._who = who
        self._stdin = stdin
        self._stdout = stdout
        self._welcome = welcome
        self._history_file = history_file
        self._conversation = conversation

    async def run(self, core: Core) -> None:
        """Answer until the input ends or `/quit` is typed, or nobody reads the output any more."""
        session = _Session(core, self._locale, self._stdout, conversation=self._conversation, who=self._who)
        try:
            if self._stdin.isatty() and self._stdout.isatty():
                await self._chat(session)
            else:
                await self._answer_lines(session)
        except* BrokenPipeError:  # alone, or in the group of the task that wrote
            pass

    async def _answer_lines(self, session: _Session) -> None:
        await session.resume()
        while (line := await read_line(self._stdin)) is not None:
            if not line.strip():
                continue
            await session.say(line.strip())
            if _leaves(line):
                return

    async def _chat(self, session: _Session) -> None:
        commands = tuple(command.name for command in commands_on(NAME))
        prompt = Prompt(self._stdin, self._stdout, history_file=self._history_file, commands=commands)
        session.put_aside = prompt.put_aside
        self._stdout.write(f"{plain(self._welcome)}\n\n")
        with keys_not_shown(self._stdin):
            await session.until_interrupted(session.resume())
        while (line := await self._read(prompt)) is not None:
            if not line.strip():
                continue
            self._stdout.write("\n")
            with keys_not_shown(self._stdin):
                await session.until_interrupted(session.say(line.strip()))
            if _leaves(line):
                return

    async def _read(self, prompt: Prompt) -> str | None:
        """The next line; Ctrl-C takes back what was typed, and leaves when pressed twice in a row."""
        try:
            return await prompt.read()
        except LineCleared:
            self._stdout.write(phrases_in(self._locale)("console.interrupted") + "\n")
        try:
            return await prompt.read()
        except LineCleared:
            return None


class _Session:
    """The conversation with the one person at the console: what they say goes in, replies come out below it."""

    can_revise: Final = False

    def __init__(
        self,
        core: Core,
        locale: Locale,
        stdout: TextIO,
        *,
        conversation: str = "",
        who: Asker = OPERATOR,
        is_resumable: bool = True,
    ) -> None:
        self._core = core
        self._stdout = stdout
        self._phrases = phrases_in(locale)
        self._person = Person(id=who.user, locale=locale, workspace=who.workspace, roles=who.roles)
        self._id = uuid4().hex
        self._named = bool(conversation)
        self._thread = Thread(NAME, who.channel, conversation or self._id)
        self._is_resumable = is_resumable
        self._doing = self._thread  # whose answer Ctrl-C stops
        self._said = 0
        self._asked = ""  # the message that `/edit` and `/delete` are about
        self._shown = False
        self._replies: list[ConsoleReply] = []
        # Held while an answer is written: what nobody asked for waits until it stands there.
        self._floor = asyncio.Lock()
        self.put_aside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
        """Makes room on the screen above what is being typed."""

    # What the person does

    async def say(self, text: str) -> Card | None:
        """Hand over what the person said, and show the reply; `None` where the bot keeps quiet."""
        async with self._floor:
            return await self._say(text)

    async def _say(self, text: str) -> Card | None:
        self._doing, self._said = self._thread, self._said + 1
        try:
            silence = await self._hand_over(text)
            if not self._replies:  # a terminal that says nothing looks broken
                await self.reply_to(None).finish(Card(self._phrases(silence)))
                return None
            return self._replies[-1].card
        finally:
            self._close()

    async def resume(self) -> None:
        """Let what an earlier chat has left unfinished be finished, and go on with its conversation."""
        async with self._floor:
            try:
                resumed = await self._core.resume(NAME, self)
            finally:
                self._close()
        if resumed and not self._named:
            self._thread = resumed[-1].thread
        if (resumed or self._named) and (last := await self._core.last_question(self._thread)):
            self._asked = last.message_id

    async def until_interrupted(self, doing: Coroutine[None, None, object]) -> None:
        """Do something that Ctrl-C stops, as far as it has come; pressed once more, it ends it at once."""
        # A task of its own, so that Ctrl-C ends the answer and not the chat.
        async with asyncio.TaskGroup() as group:
            task = group.create_task(doing)
            stops: list[asyncio.Task[None]] = []

            def interrupt() -> None:
                if stops:
                    task.cancel()
                else:
                    stops.append(group.create_task(self._stop()))

            with on_interrupt(interrupt):
                await asyncio.wait([task])

    async def _hand_over(self, text: str) -> str:
        """Hand over what was said; returns the sentence for the case that there is no reply."""
        said = without_name(text) or "/help"
        call = read_call(said, commands_on(NAME))
        if self._asked and call is not None and call.name == "delete":
            try:
                await self._core.retract(Deletion(self._thread, self._asked), self)
            except StateUnavailable:
                return "error.state_unavailable"
            self._asked = ""
            return "revise.nothing"
        if self._asked and call is not None and call.name == "edit" and call.words:
            await self._core.handle(self._message(" ".join(call.words), by_name=True, edits=self._asked), self)
            return "revise.unchanged"
        message = self._message(said, by_name=said != text or call is not None)
        try:
            await self._core.handle(message, self)
        finally:  # what was broken off can be changed, and what was not taken cannot
            if call is None and self._replies:
                self._asked = message.id
        return "console.stopping" if call is not None and call.name == "stop" else "console.keeps_quiet"

    def _message(self, text: str, *, by_name: bool = False, edits: str = "") -> IncomingMessage:
        event_id = f"{self._id}-{self._said}"
        return IncomingMessage(
            event_id=event_id,
            thread=self._thread,
            id=edits or event_id,
            author=self._person,
            text=text,
            addressed="mention" if by_name else "direct",
            is_edited=bool(edits),
            is_resumable=self._is_resumable,
        )

    async def _stop(self) -> None:
        press = Press(event_id=f"{self._id}-stop-{self._said}", thread=self._doing, author=self._person, action="stop")
        await self._core.press(press, self)

    # What the core asks

    async def acknowledge(self, _message: IncomingMessage) -> None:
        """Nothing: what was typed is not delivered twice."""

    def reply_to(self, _cause: IncomingMessage | Press | None) -> Reply:
        """A reply at the end of what is on the screen."""
        if self._shown and not self._stdout.isatty():  # at a terminal each reply ends with an empty line
            self._stdout.write("\n")
        self._shown = True
        reply = open_reply(self._stdout, self._phrases)
        self._replies.append(reply)
        return reply

    def reply_again(self, question: Question) -> Reply:
        """The same: what was printed stays where it is."""
        self._doing = question.thread
        return self.reply_to(None)

    async def post(self, _place: str, card: Card) -> None:
        """Print it between replies, above what is being typed: there is one place here."""
        async with self._floor:
            try:
                async with self.put_aside():
                    await self.reply_to(None).finish(card)
            finally:
                self._close()

    def _close(self) -> None:
        for reply in self._replies:
            reply.close()
        self._replies.clear()


def _leaves(line: str) -> bool:
    return read_call(line, commands_on(NAME)) == Call("quit")
