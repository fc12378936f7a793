"""Markdown from models and documents made harmless, for every platform: pure, and the same bit by bit.

Three passes, one after the other, so that none can bring about what an earlier one forbids:

1. `PlainStream`: hidden characters go;
2. `LinkStream`: outside code nothing is a link or looks like a part of the card;
3. `MentionStream`: nothing calls people or channels, inside code as well, where platforms do not agree.

What would act is broken by a space, or its `<` becomes `‹`: neither comes back when a platform decodes entities or
normalises letters, both can be read, and a second time nothing is left to change. No letter is lost. Where it is not
certain that every renderer sees code, it is text.
"""

from __future__ import annotations

from bot.safety.links import LinkStream
from bot.safety.mentions import MentionStream
from bot.text import PlainStream


class SafeStream:
    """`safe` for a text that comes bit by bit: however it is cut into pieces, the same comes out."""

    def __init__(self) -> None:
        self._plain, self._links, self._mentions = PlainStream(), LinkStream(), MentionStream()

    def feed(self, delta: str) -> str:
        """What may be shown after the next piece: all but what may still become something else."""
        return self._mentions.feed(self._links.feed(self._plain.feed(delta)))

    def finish(self) -> str:
        """What was held back, now that the text has ended."""
        links = self._links.feed(self._plain.finish()) + self._links.finish()
        return self._mentions.feed(links) + self._mentions.finish()


def safe(markdown: str) -> str:
    """The Markdown, harmless: nothing in it calls anyone, hides where it leads or looks like a part of the card."""
    stream = SafeStream()
    return stream.feed(markdown) + stream.finish()
