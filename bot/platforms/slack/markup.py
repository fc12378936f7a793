"""Slack's two ways of writing, `mrkdwn` and what its events carry, and back: pure functions.

In mrkdwn three characters are escaped (`& < >`), and nothing else can be: Slack knows no backslash. A mark of
formatting in a text that is nobody's formatting is therefore replaced by a character that looks like it.
Source of the rules: docs.slack.dev/messaging/formatting-message-text, checked 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from bot.platforms.called import without_name
from bot.platforms.flattening import PLAIN, Marks, flattened, plain_link
from bot.safety.mentions import unmentioned
from bot.text import cut, fenceless, hides_target, one_line, plain

TEXT_CHARS = 40_000
"""Characters in the `text` of a message (docs.slack.dev/reference/methods/chat.postMessage, checked 2026-11)."""

_LOOK_ALIKES = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})
# Between two letters or digits no mark formats anything, so `snake_case` stays as it is; backticks always go.
_MARKS = re.compile(r"`+|(?<![^\W_])[*_~]+|[*_~]+(?![^\W_])")
_QUOTE_MARK = re.compile(r"^(\s*)>", re.MULTILINE)
_EMOJI = re.compile(r":(?=[\w+'-]*[^\W\d_][\w+'-]*:|[+-]\d+:)")
_LINKED = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_BREAKS_OUT = re.compile(r"[\s<>|\"\\^`{}\x00-\x1f\x7f]")
_ENTITY = re.compile(r"&(lt|gt|amp);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&"}
_ANGLED = re.compile(r"<([^<>\n]+)>")


def escape(text: str) -> str:
    """The text for mrkdwn and for the `text` of a message: nothing in it acts; marks of formatting stay."""
    return unmentioned(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unformatted(text: str) -> str:
    """The text in which nothing is formatting, for both of Slack's languages; `escape` is still to be done.

    Marks become characters that look like them: `∗`, `ˍ`, `∼`, `ˋ`; the colon of `:emoji:` becomes `∶`; a `>` that
    begins a line becomes `›`. No invisible characters are used: they end up in what people copy.
    """
    marked = _MARKS.sub(lambda run: run[0].translate(_LOOK_ALIKES), text)
    return _EMOJI.sub("∶", _QUOTE_MARK.sub(r"\1›", marked))


def literal(text: str) -> str:
    """A plain text that shows in mrkdwn as it is written: titles, headings, quotations."""
    return escape(unformatted(text))


def link(url: str, label: str) -> str:
    """A link in mrkdwn, for addresses of the web and of mail; any other target is written out beside its label.

    A label that looks like another address than the one it opens is followed by the host that it opens.
    """
    target = plain(url).strip()
    shown = one_line(label) or one_line(target)
    if not _LINKED.match(target):
        return literal(shown) if shown == one_line(target) or not target else literal(f"{shown} ({one_line(target)})")
    if hides_target(shown, target) and (host := _host(target)):
        shown = f"{shown} ({host})"
    encoded = _BREAKS_OUT.sub(lambda character: quote(character[0], safe=""), target)
    return f"<{encoded.replace('&', '&amp;')}|{literal(shown.replace('|', '∣'))}>"


def _host(target: str) -> str:
    try:
        return urlsplit(target).netloc or target.partition(":")[2]
    except ValueError:  # brackets that close no address of IPv6
        return target


def fallback(markdown: str, limit: int = 3000) -> str:
    """What notifications and screen readers get of a text: plain, escaped, at most `limit` characters, never empty.

    Args:
        limit: Slack takes 40,000.
    """
    limit = min(limit, TEXT_CHARS)
    # What is cut off need not be read, and hostile Markdown is slow to read.
    more = "…" if len(markdown) > 4 * limit else ""
    text = flattened(markdown[: 4 * limit], PLAIN) + more
    return escape(cut(text, limit, escape)) or "…"


def mrkdwn(markdown: str) -> str:
    """Markdown as mrkdwn, where Slack takes no `markdown` block: in the App Home and in dialogues.

    Headings become bold, emphasis, code, lists, quotations and links what mrkdwn has for them; tables are for
    `tables.without_tables`. What is text shows as it is.
    """
    return flattened(markdown, _MRKDWN)


def code_block(text: str) -> str:
    """Lines in a block of code of mrkdwn, which nothing in them closes."""
    return f"```\n{escape(fenceless(text))}\n```"


def _code_span(text: str) -> str:
    return f"`{escape(text.translate({ord('`'): 'ˋ', ord(chr(10)): ' '}))}`"


_MRKDWN = Marks(
    text=literal,
    code=_code_span,
    link=link,
    fence=code_block,
    strong="*",
    emphasis="_",
    struck="~",
    quoted="> ",
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a person wrote, as the core reads it.

    Attributes:
        text: Plain, without the bot's own name.
        names_bot: The bot is mentioned.
        names_first: The id of the person or group whose mention it begins with, so that it is for them; empty where it
            begins with anything else, the bot's name included.
    """

    text: str
    names_bot: bool
    names_first: str


def read(text: str, *, bot_user: str, names: Callable[[str], str] | Mapping[str, str]) -> Said:
    """The `text` of a Slack message as plain text; there is no text that it refuses.

    Args:
        bot_user: The bot's own id.
        names: What people and channels are called, by id; empty, or no entry, where that is not known.
    """
    name = names if callable(names) else lambda user: names.get(user, "")
    segments, first = [""], None
    at = 0
    for angled in _ANGLED.finditer(text):
        segments[-1] += _unescaped(text[at : angled.start()])
        at = angled.end()
        mentioned = _mentioned(angled[1])
        if first is None and not any(map(str.strip, segments)):
            first = mentioned
        if mentioned and mentioned == bot_user:
            segments.append("")
        else:
            segments[-1] += _shown(angled[1], name)
    segments[-1] += _unescaped(text[at:])
    # Whoever is named after the first words, or after the bot, is only spoken of.
    return Said(without_name(segments), len(segments) > 1, "" if first in {None, bot_user} else str(first))


def _mentioned(content: str) -> str:
    """The id of the person or group that is mentioned; empty for anything else."""
    who = re.match(r"@([A-Z0-9]+)(?:\||\Z)|!subteam\^([A-Z0-9]+)(?:\||\Z)", content)
    return (who[1] or who[2]) if who else ""


def _shown(content: str, name: Callable[[str], str]) -> str:
    """What stands between angle brackets, as people see it."""
    target, _, label = content.partition("|")
    label = _unescaped(label)
    kind, rest = target[0], target[1:]
    if kind in "@#" and rest:
        return kind + (name(rest) or label or rest).removeprefix(kind)
    if kind == "!":
        return _special(rest, label, name)
    if ":" not in target:
        return _unescaped(f"<{content}>")
    url = _unescaped(target)
    bare = re.sub(r"^(?:mailto|tel):", "", url, flags=re.IGNORECASE)
    return plain_link(bare, label) if label else bare


def _special(command: str, label: str, name: Callable[[str], str]) -> str:
    kind, _, rest = command.partition("^")
    if kind == "subteam":
        group = rest.partition("^")[0]
        return "@" + (name(group) or label or group).removeprefix("@")
    if kind in {"here", "channel", "everyone"}:
        return f"@{kind}"
    return label


def _unescaped(text: str) -> str:
    """Once and no more: `&amp;lt;` is how somebody wrote `&lt;`."""
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], text)
