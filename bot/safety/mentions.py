"""Mentions of people and channels, in whatever they are dressed up: broken visibly (pure)."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from bot.safety.beginnings import begun
from bot.text import plain

# What a decision may wait for; longer constructs are broken unseen.
_MENTION_CHARS = 300
_ENTITY_CHARS = 100
_ADDRESS_CHARS = 60

# What a mention may be written with, and means none the less: escapes, emphasis, invisible characters.
_IGNORED = re.compile("[\\\\*_~`\u115f\u1160\u180b-\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_TRIGGER = re.compile("[\n<＜﹤>@＠﹫＆﹠]|&(?=[#A-Za-z])")
# Discord finds `@everyone` and `@here` inside words too.
_CALL = re.compile(
    r"@(?:everyone|here)"
    r"|<(?:@[!&]?(?:\d+|[uwb][a-z\d]*)\s{0,3}[|>]|#(?:\d+|[cgd][a-z\d]+)\s{0,3}[|>]"
    r"|!(?:here|channel|everyone|group|subteam|date)(?=[\W_])"
    r"|/[^<>\n:]{1,100}:\d+>|id:[^\s<>]{1,40}>|t:-?\d+(?::[a-z])?>|a?:\w+:\d+>"
    r"|[a-z][a-z\d+.-]{0,30}:[^\s<>|]*\|)"
)
_BETWEEN = rf"{_IGNORED.pattern}*"
# Slack's are words: `@channel_name` is none.
_WORD_CALL = re.compile(f"@{_BETWEEN}(?:{_BETWEEN.join('channel')}|{_BETWEEN.join('group')})(?=_*\\W)")
_CALL_BEGUN = re.compile(
    rf"(?:@(?:{begun('everyone', 'here', 'channel', 'group')})?"
    r"|<(?:@[!&]?(?:\d*|[uwb][a-z\d]*)\s{0,3}|#(?:\d*|[cgd][a-z\d]*)\s{0,3}"
    rf"|!(?:{begun('here', 'channel', 'everyone', 'group', 'subteam', 'date')})?"
    r"|/[^<>\n:]{0,100}(?::\d*)?|[a-z][a-z\d+.-]{0,30}(?::[^\s<>|]*)?|:\w*(?::\d*)?)?)?"
)
_ENTITY_TAIL = re.compile(r"[&＆﹠][#\w&;＆﹠＃；]*\Z")
# An entity for `<`, `@` or `&`, perhaps written with entities itself.
_ENTITY_CALL = re.compile(r"[＆﹠]|&(?:#|lt|amp|commat|[a-z]{1,7}[&＆﹠])", re.IGNORECASE)
_ENTITY_CALL_BEGUN = re.compile(r"&[a-z]{0,7}", re.IGNORECASE)


def _decoded(text: str) -> str:
    """The text after all that platforms may decode, one character at a time: none changes when more text comes."""
    for _ in range(3):
        text = unescape(text)
        if not text.isascii():
            text = unicodedata.normalize("NFKC", "\0".join(text)).replace("\0", "")
        if "&" not in text:
            break
    return plain(text).casefold()


class MentionStream:
    """Takes the effect from mentions, inside code as well: platforms do not agree where that is."""

    def __init__(self) -> None:
        self._raw = ""
        self._done = 0
        self._angle_broken = False

    def feed(self, delta: str) -> str:
        """What may be let through after the next piece."""
        self._raw += delta
        return self._advance(final=False)

    def finish(self) -> str:
        """What was held back, now that the text has ended."""
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> str:
        out: list[str] = []
        while trigger := _TRIGGER.search(self._raw, self._done):
            calls = self._calls(trigger.start(), final=final)
            if calls is None:
                break
            out += (self._raw[self._done : trigger.start()], self._broken(trigger[0], calls=calls))
            self._done = trigger.end()
        end = trigger.start() if trigger else len(self._raw)
        # Whether an ampersand begins an entity is seen from what follows.
        end -= not trigger and not final and self._raw.endswith("&", self._done)
        out.append(self._raw[self._done : end])
        # Some characters stay, for what looks behind.
        start = max(0, end - _ADDRESS_CHARS)
        self._raw, self._done = self._raw[start:], end - start
        return "".join(out)

    def _calls(self, at: int, *, final: bool) -> bool | None:
        """Whether a mention begins here; none where that depends on what follows."""
        if self._raw[at] in "\n>":
            return False
        if self._raw[at] in "&＆﹠" and not _ENTITY_CALL.match(self._raw, at):
            return None if not final and _ENTITY_CALL_BEGUN.fullmatch(self._raw, at) else False
        chars = _ENTITY_CHARS if self._raw[at] in "&＆﹠" else _MENTION_CHARS
        text = self._raw[at : at + chars]
        whole = len(text) == chars
        decoded = _decoded(text if whole or final else _ENTITY_TAIL.sub("", text))
        if final and not whole:
            decoded += "\n"
        if _WORD_CALL.match(decoded):
            return not self._is_address(at)
        meant = _IGNORED.sub("", decoded)
        if _CALL.match(meant):
            return True
        if _CALL_BEGUN.fullmatch(meant) and not (final and not whole):
            return True if whole else None
        return False

    def _is_address(self, at: int) -> bool:
        """Whether `@` stands in an address as in `ana@group.example`, and not after an entity."""
        before = re.split(r"\s", self._raw[max(0, at - _ADDRESS_CHARS) : at])[-1]
        return before[-1:].isalnum() and len(before) < _ADDRESS_CHARS and not set(before) & set("&＆﹠")

    def _broken(self, trigger: str, *, calls: bool) -> str:
        closes = trigger == ">" and self._angle_broken
        if trigger in "\n<＜﹤>":
            self._angle_broken = calls
        if calls:
            return "‹" if trigger in "<＜﹤" else f"{trigger} "
        return "›" if closes else trigger


def unmentioned(text: str) -> str:
    """The text with mentions broken, written in whatever way; what is invisible in it goes."""
    stream = MentionStream()
    return stream.feed(plain(text)) + stream.finish()
