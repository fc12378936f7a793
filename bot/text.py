"""Text from documents, models and people made safe to show: pure functions, for every platform."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_BREAK = re.compile("\r\n|[\x0b\x0c\x85\u2028\u2029]")
# No terminal has longer ones; a text that comes bit by bit must not be held back for ever.
_COLOUR_SEQUENCE = re.compile(r"\x1b\[[0-?]{0,32}[ -/]{0,8}[@-~]")
_COLOUR_BEGUN = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8})?\Z")
# Controls; direction marks and overrides, with which a text reads differently from what it says; invisible characters
# and tags, in which instructions are smuggled and with which forbidden words are cut in two; halves of surrogate pairs,
# which cannot be encoded. The joiners U+200C and U+200D stay: scripts and emoji need them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")
_ADDRESS = re.compile(r"://|(?<![\w.])(?:[\w-]+\.)+[^\W\d_]{2,}(?!\w)")
_SCHEME = re.compile(r"^(?:https?://|mailto:)", re.IGNORECASE)


def plain(text: str) -> str:
    """The text without anything that a terminal or a reader's eye would obey: escape sequences, hidden directions.

    Line breaks of every kind become line feeds; tabs stay.
    """
    broken = _BREAK.sub("\n", text)
    return _UNSAFE.sub("", _COLOUR_SEQUENCE.sub("", broken))


class PlainStream:
    """`plain` for a text that comes bit by bit."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, delta: str) -> str:
        """What is certain after the next piece: all but a begun escape sequence."""
        text = self._held + delta
        begun = _COLOUR_BEGUN.search(text, max(0, len(text) - 50))
        certain = begun.start() if begun else len(text)
        self._held = text[certain:]
        return plain(text[:certain])

    def finish(self) -> str:
        """What was held back."""
        held, self._held = self._held, ""
        return plain(held)


def one_line(text: str) -> str:
    """The same on one line, for titles and links."""
    return _SPACE.sub(" ", plain(text)).strip()


def code_span(text: str) -> str:
    """A name as Markdown code, in which none of its characters means anything; stays on one line."""
    content = one_line(text)
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * (longest + 1)
    # CommonMark takes one space off each side again, which keeps a backtick at the edge apart from the fence.
    padding = " " if content.startswith("`") or content.endswith("`") else ""
    return f"{fence}{padding}{content}{padding}{fence}"


def fenceless(text: str) -> str:
    """The text without a run of backticks that could close a block of code."""
    return re.sub("`{3,}", lambda run: "ˋ" * len(run[0]), text)


def cut(text: str, limit: int, written: Callable[[str], str] = str) -> str:
    """The text, cut after a word with `…` where it would be more than `limit` characters once it is written."""
    if len(text) <= limit and len(written(text)) <= limit:
        return text
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if len(written(text[:middle])) < limit:
            low = middle
        else:
            high = middle - 1
    words = re.match(r"(?s).*(?=\s)", text[: low + 1])
    kept = words[0].rstrip() if words and 2 * len(words[0]) > low else text[:low]
    return f"{kept}…"


def hides_target(label: str, target: str) -> bool:
    """Whether a link's label reads like an address other than the one that it opens."""
    label = unicodedata.normalize("NFKC", label)  # a full-width dot looks like a dot
    if not _ADDRESS.search(label):
        return False
    shown, opened = _bare_address(label), _bare_address(target)
    return opened != shown and not opened.startswith(f"{shown}/")


def _bare_address(text: str) -> str:
    """An address as people compare it: without scheme and closing slash; hosts know no case."""
    return _SCHEME.sub("", text.strip()).rstrip("/").casefold()
