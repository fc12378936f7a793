"""Server-sent events out of the bytes that carry them: pure, cut anywhere.

The form is that of the HTML Living Standard, section 9.2.6 (checked 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"


class EventTooLarge(ValueError):  # noqa: N818 - named for what it is about
    """An event does not end within what may be kept of it."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event.

    Attributes:
        name: Empty where the server gave none.
        data: Its lines, separated by line feeds.
    """

    name: str
    data: str


class EventParser:
    """Takes bytes as they come and gives the events that are complete with them.

    What stands after the last blank line is no event: a server that was cut off did not say all of it.
    """

    def __init__(self, *, max_event_bytes: int = 4 * 2**20) -> None:
        self._max_event_bytes = max_event_bytes
        self._tail: list[bytes] = []  # of an unfinished line, joined once: a slow drip of a long line stays linear
        self._kept_bytes = 0
        self._started = False
        self._after_cr = False
        self._name = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The events that `chunk` completes; exhaust it before the next is fed.

        Raises:
            EventTooLarge: More than `max_event_bytes` came without an end.
        """
        for line in self._lines(chunk):
            if line:
                self._take(line)
            elif (event := self._finish()) is not None:
                yield event

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        """Whole lines without their ends; a carriage return ends one at once, whatever follows it."""
        for piece in chunk.splitlines(keepends=True):
            if self._after_cr and piece == b"\n":
                self._after_cr = False
                continue
            self._after_cr = piece.endswith(b"\r")
            self._keep(piece)
            if self._after_cr or piece.endswith(b"\n"):
                yield self._joined().rstrip(b"\r\n")

    def _keep(self, piece: bytes) -> None:
        self._kept_bytes += len(piece)
        if self._kept_bytes > self._max_event_bytes:
            raise EventTooLarge(f"an event of more than {self._max_event_bytes} bytes")
        self._tail.append(piece)

    def _joined(self) -> bytes:
        line = b"".join(self._tail)
        self._tail.clear()
        if not self._started:
            self._started = True
            line = line.removeprefix(_BOM)
        return line

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value.decode(errors="replace"))
        elif field == b"event":
            self._name = value.decode(errors="replace")
        elif not self._data:
            self._kept_bytes = 0  # nothing of a comment is kept, however many come

    def _finish(self) -> ServerSentEvent | None:
        event = ServerSentEvent(self._name, "\n".join(self._data)) if self._data else None
        self._name = ""
        self._data.clear()
        self._kept_bytes = 0
        return event
