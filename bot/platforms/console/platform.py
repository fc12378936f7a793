"""The console platform: one person, one conversation, at a terminal or through a pipe."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from typing import Final, TextIO
from uuid import uuid4

from bot.commands import Call, commands_on, read_call
from bot.locales import phrases_in
from bot.messages import Card, IncomingMessage, Locale
from bot.platforms.console.keyboard import LineCleared, Prompt, keys_not_shown, on_interrupt, read_line
from bot.platforms.console.reply import ConsoleReply, open_reply
from bot.ports import Handler
from bot.text import plain
from rag.model import Asker, Turn

NAME: Final = "console"
OPERATOR: Final = Asker(user=NAME, channel=NAME)
"""Whoever sits at the terminal."""

_REMEMBERED_TURNS = 20


async def answer_once(handle: Handler, question: str, *, locale: Locale, stdout: TextIO) -> Card:
    """Answer one question outside any conversation, on a terminal or into a pipe.

    The card returned is what was shown; one without receipt is no answer.
    """
    return await _Session(handle, locale, stdout).say(question)


class ConsolePlatform:
    """A chat at a terminal; where the input is a file or a pipe, each of its lines is a question."""

    name: Final = NAME

    def __init__(
        self, *, locale: Locale, stdin: TextIO, stdout: TextIO, welcome: str = "", history_file: Path | None = None
    ) -> None:
        self._locale: Locale = locale
        self._stdin = stdin
        self._stdout = stdout
        self._welcome = welcome
        self._history_file = history_file

    async def run(self, handle: Handler) -> None:
        """Answer until the input ends or `/quit` is typed, or nobody reads the output any more."""
        session = _Session(handle, self._locale, self._stdout)
        try:
            if self._stdin.isatty() and self._stdout.isatty():
                await self._chat(session)
            else:
                await self._answer_lines(session)
        except* BrokenPipeError:  # alone, or in the group of the task that wrote
            pass

    async def _answer_lines(self, session: _Session) -> None:
        while (line := await read_line(self._stdin)) is not None:
            if not line.strip():
                continue
            await session.say(line.strip())
            if _leaves(line):
                return

    async def _chat(self, session: _Session) -> None:
        commands = tuple(command.name for command in commands_on(NAME))
        prompt = Prompt(self._stdin, self._stdout, history_file=self._history_file, commands=commands)
        self._stdout.write(f"{plain(self._welcome)}\n\n")
        while (line := await self._read(prompt)) is not None:
            if not line.strip():
                continue
            self._stdout.write("\n")
            with keys_not_shown(self._stdin):
                await self._say_unless_interrupted(session, line.strip())
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

    async def _say_unless_interrupted(self, session: _Session, text: str) -> None:
        # A task of its own, so that Ctrl-C ends the answer and not the chat.
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(session.say(text))
            with on_interrupt(answering.cancel):
                await asyncio.wait([answering])


class _Session:
    """The conversation with the one person at the console."""

    def __init__(self, handle: Handler, locale: Locale, stdout: TextIO) -> None:
        self._handle = handle
        self._locale: Locale = locale
        self._stdout = stdout
        self._id = uuid4().hex
        self._said = 0
        self._turns: deque[Turn] = deque(maxlen=_REMEMBERED_TURNS)

    async def say(self, text: str) -> Card:
        """Hand over what the person said, and show the reply."""
        if self._said and not self._stdout.isatty():
            self._stdout.write("\n")
        reply = open_reply(self._stdout, phrases_in(self._locale))
        try:
            await self._handle(self._message(text), reply)
        finally:
            reply.close()
            self._remember(text, reply)
        assert reply.card is not None  # every message of a console is new, so every one is answered
        return reply.card

    def _message(self, text: str) -> IncomingMessage:
        self._said += 1
        return IncomingMessage(
            platform=NAME,
            event_id=f"{self._id}-{self._said}",
            place=OPERATOR.channel,
            author=OPERATOR.user,
            text=text,
            locale=self._locale,
            history=tuple(self._turns),
        )

    def _remember(self, text: str, reply: ConsoleReply) -> None:
        # Commands and apologies are no part of the talk; an answer that was stopped is.
        if reply.streamed:
            self._turns += [Turn("user", text), Turn("assistant", reply.streamed)]


def _leaves(line: str) -> bool:
    return read_call(line, commands_on(NAME)) == Call("quit")
