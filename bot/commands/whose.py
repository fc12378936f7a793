"""Whose figures or limits a command is about, and how that is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.commands.base import Choice, Invocation
from bot.text import code_span, one_line
from rag.quota.page import Standing
from rag.quota.policy import parse_target
from rag.quota.quotas import EVERYTHING, Subject, SubjectKind

OF_OTHERS = (Choice("channel", "sees"), Choice("workspace", "sees"), Choice("everything", "sees"))
WHOSE = (Choice("mine"), *OF_OTHERS)
"""`cost channel`: what others spent is for admins."""
HERE = (Choice("mine"), Choice("channel"), Choice("workspace"), Choice("everything"))
"""`budget channel`: what is left here is for everybody."""

# As platforms write people, roles and channels: `<@U1>`, `<@&5>`, `<#C1|general>`; people may be typed by hand, too.
_MENTION = re.compile(r"<(?P<sign>@!?|@&|#)(?P<id>[\w.-]+)(?:\|[^<>]*)?>|@(?P<typed>[\w.-]+)")
_KINDS: Mapping[str, str] = MappingProxyType({"@": "user", "@!": "user", "@&": "role", "#": "channel"})
# Nobody's name: they call all who are there.
_EVERYBODY = frozenset({"here", "channel", "everyone"})
# No platform's ids are longer.
_LONGEST_CHARS = 100
_NEAREST_FIRST: tuple[SubjectKind, ...] = ("user", "channel", "workspace", "everything", "provider")


def target(word: str) -> str | None:
    """A subject, all of a kind, a role, or a mention as platforms write them; `None` where it is none of them."""
    if len(word) > _LONGEST_CHARS or any(map(str.isspace, word)):
        return None
    if mention := _MENTION.fullmatch(word):
        if mention["typed"] is None:
            return f"{_KINDS[mention['sign']]}:{mention['id']}"
        return None if mention["typed"] in _EVERYBODY else f"user:{mention['typed']}"
    try:
        return parse_target(word) if ":" in word else None
    except ValueError:
        return None


def subject_of(whose: str, call: Invocation) -> Subject:
    """Whom one of the words means here; a target that is no subject of its own is everything."""
    match whose:
        case "mine":
            return Subject("user", call.author.id)
        case "channel":
            return Subject("channel", call.thread.place)
        case "workspace" if call.author.workspace:
            return Subject("workspace", call.author.workspace)
        case "workspace" | "everything":
            return EVERYTHING
    return Subject.parse(whose)


def target_of(whose: str, call: Invocation) -> str:
    """The same as a target of changes, `role:NAME` and `user:*` among them."""
    return whose if ":" in whose else str(subject_of(whose, call))


def nearest_first(standings: Iterable[Standing]) -> list[Standing]:
    """Limits in the order in which they matter to whoever asks: their own before everybody's."""
    return sorted(standings, key=lambda standing: _NEAREST_FIRST.index(standing.quota.subject.kind))


def named(target: str, call: Invocation) -> str:
    """A target, as its reader would say it."""
    phrases = call.phrases
    own = {
        f"user:{call.author.id}": "whose.mine",
        f"channel:{call.thread.place}": "whose.channel",
        f"workspace:{call.author.workspace}": "whose.workspace",
        str(EVERYTHING): "whose.everything",
    }
    if target in own:
        return phrases(own[target])
    return code_span(one_line(target))


def is_shown(subject: Subject, call: Invocation) -> bool:
    """Whether the reader may see what a subject has used: in a small company, all but one's own is somebody's."""
    return call.is_admin or subject.kind not in {"everything", "workspace", "provider"}
