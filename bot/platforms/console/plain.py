"""Replies as plain text, and what the console asks of every reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TextIO

from bot.locales import Phrases
from bot.messages import Card, Source
from bot.ports import Reply
from bot.reports import amounts_of
from bot.text import one_line, plain


class ConsoleReply(Reply, Protocol):
    """What the console asks of its replies besides."""

    @property
    def card(self) -> Card | None:
        """The finished reply."""
        ...

    def close(self) -> None:
        """Give the terminal back, also from a reply that was never finished."""
        ...


def tags(card: Card) -> str:
    """The people whom a card calls."""
    return " ".join(f"@{one_line(person)}" for person in card.tagged)


def drawn(card: Card, width: int = 72) -> str:
    """A card's chart as bars of text; empty where it has none."""
    if card.chart is None:
        return ""
    from bot.charts.bars import bars  # few replies have one

    return bars(card.chart, amounts_of(card.chart), width=width)


class PlainReply:
    """Text for a file, a pipe or a terminal that can only print: Markdown is left as it is written."""

    address: Final = ""  # what is printed cannot be found again

    def __init__(self, stdout: TextIO, phrases: Phrases) -> None:
        self._stdout = stdout
        self._phrases = phrases
        self._streamed = ""
        self.card: Card | None = None

    async def begin(self, _reference: str, _moved: Callable[[], Awaitable[None]]) -> None:
        """Nothing: a pipe has nobody waiting before it."""

    async def status(self, text: str) -> None:
        """Nothing: a pipe has nobody waiting before it."""

    async def append(self, markdown: str) -> None:
        """Write the next piece."""
        self._streamed += markdown
        self._write(plain(markdown))

    async def restart(self, notice: str) -> None:
        """Say on a line of its own that what stands above is void: nothing can be taken back from a pipe."""
        self._write(f"\n\n{plain(notice)}\n\n" if self._streamed else f"{plain(notice)}\n\n")
        self._streamed = ""

    async def finish(self, card: Card) -> None:
        """Write what is still missing of the text, and what stands under it."""
        self.card = card
        if card.tagged:
            self._write(f"{tags(card)}\n\n")
        if card.text.startswith(self._streamed):
            self._write(plain(card.text[len(self._streamed) :]))
        else:
            self._write(f"\n\n{plain(card.text)}")
        below = [plain(card.notice), drawn(card), self._sources(card.sources), plain(card.receipt)]
        self._write("".join(f"\n\n{part}" for part in below if part) + "\n")

    async def retract(self) -> None:
        """Say that it does not hold any more: nothing can be taken back from a pipe."""
        self._write(f"{self._phrases('answer.retracted')}\n")

    def close(self) -> None:
        """Nothing to give back."""

    def _sources(self, sources: tuple[Source, ...]) -> str:
        if not sources:
            return ""
        lines = []
        for source in sources:
            lines.append(f"[{source.n}] {one_line(source.name)} — {one_line(source.link)}")
            if source.quote:
                lines.append(f"    “{one_line(source.quote)}”")
        return "\n".join([f"{self._phrases('answer.sources')}:", *lines])

    def _write(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()
