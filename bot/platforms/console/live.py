"""An answer that is drawn while it is being written; importing this imports rich."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from rich.console import Console, RenderableType
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType, SegmentLines
from rich.spinner import Spinner
from rich.text import Text

from bot.commands import COMMANDS
from bot.locales import Phrases
from bot.messages import Action, Card
from bot.platforms.console.plain import drawn, tags
from bot.platforms.console.rendering import Blocks, settled_length, source_list, width_of
from bot.text import PlainStream, plain

_FRAME_S = 1 / 12


class LiveReply:
    """Draws only the block that is being written again and again; what stands above it is printed once, for good.

    So nothing flickers, answers longer than the screen are not cut, and the terminal's own scrolling works.
    """

    address: Final = ""  # what is printed cannot be found again

    def __init__(self, console: Console, phrases: Phrases) -> None:
        self._console = console
        self._phrases = phrases
        self._streamed = ""
        self.card: Card | None = None
        self._open = ""
        self._plain = PlainStream()  # where a block ends is seen in what is shown, not in what came
        self._printed = False
        self._void_lines = 0  # printed for good, and void should the answer begin again
        self._size = console.size
        self._spinner = Spinner("dots", style="dim")
        self._live = self._new_live()
        self._next_frame: asyncio.TimerHandle | None = None

    def _new_live(self) -> Live:
        # Drawn from the event loop's timer: with a thread of its own, rich mixes its frames with what is printed above.
        return Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )

    async def begin(self, _reference: str, _moved: Callable[[], Awaitable[None]]) -> None:
        """Nothing: Ctrl-C stops it."""

    async def status(self, text: str) -> None:
        """Turn the spinner beside what is being done."""
        self._spinner.update(text=Text(plain(text), style="dim"))
        self._start()

    async def append(self, markdown: str) -> None:
        """Take the next piece; blocks that it completes are printed."""
        self._streamed += markdown
        self._open += self._plain.feed(markdown)
        self._start()
        if "\n" in markdown:
            self._print(settled_length(self._open))

    async def restart(self, notice: str) -> None:
        """Take the text off the screen, as far as it is still there to be taken, and say so in its place."""
        self.close()
        self._streamed = self._open = ""
        self._plain = PlainStream()
        if self._console.size == self._size:
            lines = min(self._void_lines, self._size.height - 1)  # what has scrolled away is out of reach
            erased = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2)) * lines
            self._console.control(Control(ControlType.CARRIAGE_RETURN, *erased))
        else:  # the terminal has broken the lines anew, so that nobody knows how many they are
            self._console.print()
        self._console.print(Text(plain(notice), style="yellow"), width=width_of(self._console))
        self._printed, self._void_lines, self._size = True, 0, self._console.size
        # A live display cannot be started a second time: it would erase what it drew the first time once more.
        self._live, self._next_frame = self._new_live(), None

    async def finish(self, card: Card) -> None:
        """Print the rest of the text, and what stands under it."""
        self.card = card
        if card.tagged:
            self._console.print(Text(tags(card), style="bold"))
            self._printed = True
        if card.text.startswith(self._streamed):
            self._open += self._plain.feed(card.text[len(self._streamed) :]) + self._plain.finish()
        else:
            self._open = card.text
        self.close()
        self._print(len(self._open))
        self._print_below(card)
        self._console.print()

    async def retract(self) -> None:
        """Say that it does not hold any more: what has scrolled away is out of reach."""
        self.close()
        self._console.print(Text(self._phrases("answer.retracted"), style="yellow"))
        self._console.print()

    def close(self) -> None:
        """Stop drawing; the cursor comes back."""
        if self._next_frame is not None:
            self._next_frame.cancel()
        self._live.stop()

    def _start(self) -> None:
        if self._next_frame is None:
            self._live.start()
            self._draw()

    def _draw(self) -> None:
        self._live.update(self._frame(), refresh=True)
        self._next_frame = asyncio.get_running_loop().call_later(_FRAME_S, self._draw)

    def _frame(self) -> RenderableType:
        return Blocks(self._open, unfinished=True) if self._open.strip() else self._spinner

    def _print(self, length: int) -> None:
        """Print so much of the open text for good, above what is still being drawn."""
        settled, self._open = self._open[:length], self._open[length:]
        if not settled.strip():
            return
        self._live.update(self._frame())
        if self._printed:
            self._console.print()
            self._void_lines += 1
        self._printed = True
        lines = self._console.render_lines(Blocks(settled), pad=False)
        self._void_lines += len(lines)
        self._console.print(SegmentLines(lines, new_lines=True))

    def _print_below(self, card: Card) -> None:
        width = width_of(self._console)
        if card.notice:
            self._console.print()
            self._console.print(Text(plain(card.notice), style="yellow"), width=width)
        if card.chart is not None:
            self._console.print()
            self._console.print(Text(drawn(card, width)), width=width, soft_wrap=True)
        if card.sources:
            self._console.print()
            self._console.print(Text(self._phrases("answer.sources"), style="bold"))
            self._console.print(source_list(card.sources), width=width)
        if card.receipt:
            self._console.print()
            self._console.print(Text(plain(card.receipt), style="dim"), width=width)
        if typed := _typed(card.actions):
            if not card.receipt:
                self._console.print()
            self._console.print(Text(typed, style="dim"), width=width)


def _typed(actions: tuple[Action, ...]) -> str:
    """The buttons as they are typed here; some make no sense where one person sees everything."""
    names = {command.button: command.name for command in COMMANDS if command.button}
    return "  ".join(f"/{names[action]}" for action in actions if action in names)
