"""What the vendors' chat protocols have in common: a dialogue to send, text and figures to read (pure)."""

from __future__ import annotations

from itertools import dropwhile, groupby

from rag.model import Turn
from rag.ports import Prompt, TextDelta

THINKING = TextDelta("")
"""A sign of life from a model that says nothing at the moment."""

# The last two are Anthropic's, of where it thinks: anywhere, and of a model that cannot be told where
# (platform.claude.com/docs, data residency; type stubs of the package anthropic 2.12.0; both checked 2026-11-22).
_ORDINARY = frozenset({"auto", "default", "on_demand", "standard", "unspecified", "global", "not_available"})


def dialogue(prompt: Prompt) -> list[Turn]:
    """All but the instructions as turns that alternate, the user's first, none empty.

    Some vendors refuse anything else, and so do the chat templates of many open models.
    """
    told = (Turn("user", prompt.context), *prompt.history, Turn("user", prompt.question))
    spoken = (turn for turn in told if turn.text.strip())
    from_user = dropwhile(lambda turn: turn.role != "user", spoken)
    turns = groupby(from_user, key=lambda turn: turn.role)
    return [Turn(role, "\n\n".join(turn.text for turn in said)) for role, said in turns]


def text(piece: object) -> tuple[TextDelta, ...]:
    """A piece of the answer as an event, none where it is empty or absent.

    Raises:
        TypeError: It is something else than text.
    """
    if isinstance(piece, str):
        return (TextDelta(piece),) if piece else ()
    if piece is None:
        return ()
    raise TypeError("text was promised")


def count(figure: object) -> int | None:
    """A number of tokens, `None` where it cannot be one: it must not end up in the books."""
    return figure if isinstance(figure, int) and not isinstance(figure, bool) and figure >= 0 else None


def name(word: object) -> str | None:
    """What the vendor calls something, `None` where it does not."""
    return word if isinstance(word, str) and word else None


def tier(*words: object) -> str | None:
    """What of a service may change its price, in lower case, joined by `+`; `None` for the ordinary, however named."""
    named = [word.lower() for word in words if isinstance(word, str) and word]
    return "+".join(word for word in named if word not in _ORDINARY) or None
