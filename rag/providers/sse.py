"""Server-sent events out of the bytes that carry them: pure, cut anywhere.

The form is that of the HTML Living Standard, section 9.2.6 (checked 2026-11-22). Names of events are passed over: all
vendors repeat them inside the data.
"""

from __future__ import annotations

_BOM = b"\xef\xbb\xbf"


class EventTooLarge(ValueError):  # noqa: N818 - named for what it is about
    """An event does not end within what may be kept of it."""


class EventParser:
    """Takes bytes as they come and gives the data of the events that are complete with them.

    What stands after the last blank line is no event: a server that was cut off did not say all of it.
    """

    def __init__(self, *, max_event_bytes: int = 4 * 2**20) -> None:
        self._max_event_bytes = max_event_bytes
        self._tail: list[bytes] = []  # of an unfinished line, joined once: a slow drip of a long line stays linear
        self._kept_bytes = 0
        self._started = False
        self._after_cr = False
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The data of each event that `chunk` completes: its lines, separated by line feeds.

        Raises:
            EventTooLarge: More than `max_event_bytes` came without an end.
        """
        said = []
        *ends, rest = self._with_line_feeds(chunk).split(b"\n")
        for end in ends:
            self._keep(end)
            line = self._whole(end)
            if line:
                self._take(line)
            elif self._data:
                said.append("\n".join(self._data))
                self._data.clear()
                self._kept_bytes = 0
        if rest:
            self._keep(rest)
            self._tail.append(rest)
        return said

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """The same with every line ended alike; a carriage return ends one at once, whatever follows it."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" not in chunk:
            return chunk
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _whole(self, end: bytes) -> bytes:
        """The line whose end this is."""
        line = end
        if self._tail:
            line = b"".join((*self._tail, end))
            self._tail.clear()
        if not self._started:
            self._started = True
            line = line.removeprefix(_BOM)
        return line

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" ").decode(errors="replace"))
        elif not self._data:
            self._kept_bytes = 0  # nothing of a comment is kept, however many come

    def _keep(self, piece: bytes) -> None:
        self._kept_bytes += len(piece)
        if self._kept_bytes > self._max_event_bytes:
            raise EventTooLarge(f"an event of more than {self._max_event_bytes} bytes")
