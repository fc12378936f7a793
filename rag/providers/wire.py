"""What the vendors' chat protocols have in common: a dialogue to send, text and figures to read (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import dropwhile, groupby

from rag.model import Turn
from rag.ports import Prompt, TextDelta

THINKING = TextDelta("")
"""A sign of life from a model that says nothing at the moment."""

_ORDINARY_TIERS = frozenset({"auto", "default", "on_demand", "standard", "unspecified"})


def dialogue(prompt: Prompt) -> list[Turn]:
    """All but the instructions as turns that alternate, the user's first, none empty.

    Some vendors refuse anything else, and so do the chat templates of many open models.
    """
    told = (Turn("user", prompt.context), *prompt.history, Turn("user", prompt.question))
    spoken = (turn for turn in told if turn.text.strip())
    from_user = dropwhile(lambda turn: turn.role != "user", spoken)
    turns = groupby(from_user, key=lambda turn: turn.role)
    return [Turn(role, "\n\n".join(turn.text for turn in said)) for role, said in turns]


def text(piece: object) -> Iterator[TextDelta]:
    """A piece of the answer as an event, none where it is empty or absent.

    Raises:
        TypeError: It is something else than text.
    """
    if not isinstance(piece, str | None):
        raise TypeError("text was promised")
    if piece:
        yield TextDelta(piece)


def count(figure: object) -> int | None:
    """A number of tokens, `None` where it cannot be one: it must not end up in the books."""
    return figure if isinstance(figure, int) and not isinstance(figure, bool) and figure >= 0 else None


def name(word: object) -> str | None:
    """What the vendor calls something, `None` where it does not."""
    return word if isinstance(word, str) and word else None


def tier(word: object) -> str | None:
    """The service tier in lower case, `None` for the ordinary one, by whichever name."""
    named = (name(word) or "").lower()
    return named if named and named not in _ORDINARY_TIERS else None
