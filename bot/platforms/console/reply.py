"""Replies on the terminal: drawn where somebody looks at one, plain text everywhere else."""

from __future__ import annotations

from typing import Protocol, TextIO

from bot.locales import Phrases
from bot.messages import Card, Source
from bot.ports import Reply
from bot.text import one_line, plain


class ConsoleReply(Reply, Protocol):
    """What the console asks of its replies besides."""

    @property
    def streamed(self) -> str:
        """The answer's text so far; stays empty for a command or an apology."""
        ...

    @property
    def card(self) -> Card | None:
        """The finished reply."""
        ...

    def close(self) -> None:
        """Give the terminal back, also from a reply that was never finished."""
        ...


def open_reply(stdout: TextIO, phrases: Phrases) -> ConsoleReply:
    """A reply that fits where the output goes."""
    if not stdout.isatty():
        return PlainReply(stdout, phrases)
    # rich is imported for a terminal alone.
    from bot.platforms.console.rendering import open_console

    console = open_console(stdout)
    if console.is_dumb_terminal:
        return PlainReply(stdout, phrases)
    from bot.platforms.console.live import LiveReply

    return LiveReply(console, phrases)


class PlainReply:
    """Text for a file, a pipe or a terminal that can only print: Markdown is left as it is written."""

    def __init__(self, stdout: TextIO, phrases: Phrases) -> None:
        self._stdout = stdout
        self._phrases = phrases
        self.streamed = ""
        self.card: Card | None = None

    async def status(self, text: str) -> None:
        """Nothing: a pipe has nobody waiting before it."""

    async def append(self, markdown: str) -> None:
        """Write the next piece."""
        self.streamed += markdown
        self._write(plain(markdown))

    async def restart(self, notice: str) -> None:
        """Say on a line of its own that what stands above is void: nothing can be taken back from a pipe."""
        self._write(f"\n\n{plain(notice)}\n\n")
        self.streamed = ""

    async def finish(self, card: Card) -> None:
        """Write what is still missing of the text, and what stands under it."""
        self.card = card
        if card.text.startswith(self.streamed):
            self._write(plain(card.text[len(self.streamed) :]))
        else:
            self._write(f"\n\n{plain(card.text)}")
        below = [plain(card.notice), self._sources(card.sources), plain(card.receipt)]
        self._write("".join(f"\n\n{part}" for part in below if part) + "\n")

    def close(self) -> None:
        """Nothing to give back."""

    def _sources(self, sources: tuple[Source, ...]) -> str:
        if not sources:
            return ""
        lines = [f"[{source.n}] {one_line(source.name)} — {one_line(source.link)}" for source in sources]
        return "\n".join([f"{self._phrases('answer.sources')}:", *lines])

    def _write(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()
