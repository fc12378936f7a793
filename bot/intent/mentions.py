"""Persons and channels that a message mentions, as platforms write them or as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.intent.intent import Intent

# `<@U1>`, `<@!1>` and `<#C1|general>`; roles and calls to everybody spend nothing.
_WRITTEN = r"<(@!?|#)([\w.-]+)(\|[^<>]*)?>"
# `#general` may be any place and `@ana` anybody: no id tells. The bot's own name is a word.
_ANY = rf"{_WRITTEN}|<[@!#][^<>]*>|(?<![\w&/.<])[@#](?!(?:rag)?bot\b)[^\W_][\w.-]*"
# Who is spoken to, or told, has not spent it.
_IS_CALLED = r"""(?xi)
    (?:^\W*|[,;]\s*|\b(?:to|tell|ask|show|let|inform|remind|cc|at[eé]|ao?|à|pr[ao]|para|avis[ae]|diga|diz|fal[ae]|cont[ae]
    |mostr[ae]|pergunt[ae]|inform[ae])(?:\s+[ao]s?|\s+the)?\s+)$
"""
_IS_OWNED = r"['’]s?\b"


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a message mentions.

    Attributes:
        text: The message without them.
        filled: With a word for the only one that something can be asked of; the same as `text` without it.
        whose: That one, as it was typed; `""` if there is none.
    """

    text: str
    filled: str
    whose: str = ""

    @property
    def _stands_for(self) -> str:
        return "channel" if self.whose.startswith("<#") else "mine"

    def sure(self, named: Intent | None, bare: Intent | None) -> Intent | None:
        """What is asked of the one that is mentioned; `None` if that is not clear.

        Args:
            named: What the filled text means.
            bare: What the text means without it: it must not say whose besides.
        """
        if not self.whose or named is None or self._stands_for not in named.words:
            return None
        others = {"mine", "channel"} if self._stands_for == "channel" else {"mine", "channel", "everything"}
        if bare is not None and any(word in others for word in bare.words[: _before_by(bare.words)]):
            return None
        at = named.words.index(self._stands_for)
        return replace(named, words=(*named.words[:at], self.whose, *named.words[at + 1 :]))


def mentions_in(text: str) -> Mentions | None:
    """Those of a message as it was typed; `None` in almost all of them."""
    if ("@" not in text and "#" not in text and "<!" not in text) or not (found := list(re.finditer(_ANY, text))):
        return None
    bare = re.sub(_ANY, " ", text)
    first = found[0]
    before, after = text[: first.start()], text[first.end() :]
    is_called = re.search(_IS_CALLED, before) and first[1] != "#" and not re.match(_IS_OWNED, after)
    if len(found) > 1 or first[1] is None or is_called:
        return Mentions(bare, bare)
    label = first[3] or ""
    whose = f"<{first[1]}{first[2]}{'' if any(map(str.isspace, label)) else label}>"
    return Mentions(bare, f"{before} {'0channel' if first[1] == '#' else '0user'} {after}", whose)


def _before_by(words: tuple[str, ...]) -> int:
    return words.index("by") if "by" in words else len(words)
