"""Cards as Discord's messages: plain values, nothing is sent (pure).

Limits: docs.discord.com/developers/resources/message and /components/reference, 2026-12. Discord counts characters
without saying of which kind; ours are units of UTF-16, the larger of the two possible counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

from bot.locales import Phrases
from bot.messages import Action, Card, Source
from bot.platforms.discord.markup import link, literal, written
from bot.platforms.tables import without_tables
from bot.safety.mentions import unmentioned
from bot.splitting import split
from bot.text import cut, fenceless, one_line, plain

MESSAGE_CHARS: Final = 2_000
EMBED_CHARS: Final = 4_096
"""In the description of an embed."""
EMBEDS_CHARS: Final = 6_000
"""In all the embeds of a message together."""
FOOTER_CHARS: Final = 2_048
CUSTOM_ID_CHARS: Final = 100
LABEL_CHARS: Final = 80
ROW_BUTTONS: Final = 5
ROWS: Final = 5
PINGS: Final = 100
"""People whom the allowed mentions of one message may name."""

COLOUR: Final = 0x1F3A5F
"""Of the bar beside an embed."""

# Of a source, as they are written: together below a message.
_NAME_CHARS, _LINK_CHARS, _QUOTE_CHARS = 300, 1_000, 600
_HEADING_CHARS = 400
_SNOWFLAKE = re.compile(r"\d{17,20}", re.ASCII)
_BEYOND_FIRST_PLANE = re.compile("[\U00010000-\U0010ffff]")
_WEB = re.compile(r"https?://\S", re.IGNORECASE)
_CUSTOM_ID = re.compile(r"ragbot:(?P<action>[a-z_]+):(?P<reference>.*)", re.DOTALL)
_LABELS: Mapping[str, str] = {
    "good": "discord.button.good",
    "bad": "discord.button.bad",
    "why": "discord.button.why",
    "sources": "answer.sources",
    "retry": "discord.button.retry",
    "hand_over": "discord.button.hand_over",
    "stop": "discord.button.stop",
    "documents": "discord.button.documents",
    "books": "discord.button.books",
    "share": "discord.button.share",
}
_THUMBS: Mapping[str, str] = {"good": "👍", "bad": "👎"}

Style = Literal["secondary", "primary", "danger"]


@dataclass(frozen=True, slots=True)
class Button:
    """One button."""

    custom_id: str
    label: str
    emoji: str = ""
    style: Style = "secondary"


@dataclass(frozen=True, slots=True)
class Payload:
    """One message.

    Attributes:
        content: Discord's Markdown; search, notifications and screen readers read it.
        embeds: As Discord's JSON.
        rows: Of buttons.
        pings: The people whom it may ping, by their ids.
        role_pings: The roles that it may ping, by their ids.
    """

    content: str = ""
    embeds: tuple[Mapping[str, object], ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    pings: tuple[str, ...] = ()
    role_pings: tuple[str, ...] = ()


def pieces(markdown: str) -> list[str]:
    """The Markdown as Discord's, in pieces that each fit a message; none of white space."""
    return _split(written(without_tables(markdown)))


def running(text: str, reference: str, phrases: Phrases, *, notice: str = "", heading: str = "") -> list[Payload]:
    """An answer while it is written: the last message has the button that stops it.

    Args:
        notice: Small print above it.
        heading: What stands above that, as `asked` makes it.
    """
    head = [heading, *([_small_print(notice)] if one_line(notice) else [])]
    contents = _below(head, text) or ["…"]
    payloads = [Payload(content) for content in contents]
    payloads[-1] = replace(payloads[-1], rows=buttons(("stop",), reference, phrases))
    return payloads


def finished(
    card: Card,
    phrases: Phrases,
    *,
    embeds: bool = True,
    chart_text: str = "",
    names: Mapping[str, str] = MappingProxyType({}),
    roles: Collection[str] = (),
    heading: str = "",
    hint: str = "",
) -> list[Payload]:
    """The finished card as messages: its text, below that the notice, and sources and receipt in embeds.

    Args:
        embeds: Whether embeds may be sent to that place; without them, all stands in the text.
        chart_text: The card's chart as lines of text.
        names: What people are called whom no mention can be made of, by id.
        roles: Those of the tagged ids that are roles.
        heading: What stands above it all, as `asked` makes it.
        hint: Small print above the receipt.
    """
    contents = _below([heading, *_calls(card, names, roles), *_shared_by(card, phrases, names)], card.text)
    contents = _joined(contents, _chart(chart_text))
    has_embed = embeds and bool(card.sources or one_line(card.receipt))
    if not has_embed:
        contents = _joined(contents, _notice(card), between="\n\n")
        contents = _joined(contents, [f"**{phrases('answer.sources')}**"] if card.sources else [], between="\n\n")
        receipt = [_small_print(card.receipt)] if one_line(card.receipt) else []
        contents = _joined(contents, [*map(_source, card.sources), *_hint(hint), *receipt])
    payloads = [Payload(content) for content in contents]
    if has_embed:
        first, *others = _packed(_embeds(card, hint))
        payloads = payloads or [Payload()]
        payloads[-1] = replace(payloads[-1], embeds=first)
        payloads += [Payload(embeds=more) for more in others]
    payloads = [_pinging(payload, card, roles) for payload in payloads] or [Payload("…")]
    payloads[-1] = replace(payloads[-1], rows=buttons(card.actions, card.reference, phrases))
    return payloads


def asked(name: str, question: str, phrases: Phrases) -> str:
    """Who asks what: Discord shows of a command that it was used, and not with which words."""
    shown = _cut(one_line(name), _NAME_CHARS, str)
    return f"**{literal(phrases('discord.asks', name=shown))}** {_cut(one_line(question), _HEADING_CHARS, literal)}"


def buttons(actions: Sequence[str], reference: str, phrases: Phrases) -> tuple[tuple[Button, ...], ...]:
    """The buttons in rows, thumbs first.

    A reference that is longer than Discord takes is left out: then they are about the last answer of the conversation.
    """
    named = [action for action in dict.fromkeys(actions) if action in _LABELS]
    named.sort(key=lambda action: action not in _THUMBS)
    made = [_button(action, reference, phrases) for action in named]
    return tuple(tuple(made[at : at + ROW_BUTTONS]) for at in range(0, min(len(made), ROWS * ROW_BUTTONS), ROW_BUTTONS))


def press_of(custom_id: str) -> tuple[Action, str] | None:
    """What a button does, and the answer's reference; `None` for what is none of `buttons`."""
    found = _CUSTOM_ID.fullmatch(custom_id)
    if found is None or found["action"] not in get_args(Action):
        return None
    return cast("Action", found["action"]), found["reference"]


def units(text: str) -> int:
    """How long a text is, as Discord may count it."""
    return len(text) + len(_BEYOND_FIRST_PLANE.findall(text))


def _button(action: str, reference: str, phrases: Phrases) -> Button:
    custom_id = f"ragbot:{action}:{reference}"
    return Button(
        custom_id if units(custom_id) <= CUSTOM_ID_CHARS else f"ragbot:{action}:",
        _cut(one_line(phrases(_LABELS[action])), LABEL_CHARS, str),
        _THUMBS.get(action, ""),
        "danger" if action == "stop" else "secondary",
    )


# Texts of messages.


def _split(text: str) -> list[str]:
    return split(text, limit=MESSAGE_CHARS, size=units)


def _below(head: Sequence[str], markdown: str) -> list[str]:
    """The text of a card, with lines above its first piece."""
    return _split("\n".join(filter(None, [*head, written(without_tables(markdown))])))


def _joined(contents: Sequence[str], parts: Iterable[str], between: str = "\n") -> list[str]:
    """The texts of the messages, and below them parts that each fit one."""
    joined = list(contents)
    for part in parts:
        both = f"{joined[-1]}{between}{part}" if joined else part
        if joined and units(both) <= MESSAGE_CHARS:
            joined[-1] = both
        else:
            joined.append(part)
    return joined


def _calls(card: Card, names: Mapping[str, str], roles: Collection[str]) -> list[str]:
    """Lines of mentions: here alone one is written."""
    lines: list[str] = []
    for identity in dict.fromkeys(card.tagged):
        call = _call(identity, names, roles)
        if lines and units(f"{lines[-1]} {call}") <= MESSAGE_CHARS:
            lines[-1] += f" {call}"
        else:
            lines.append(call)
    return lines


def _call(identity: str, names: Mapping[str, str], roles: Collection[str]) -> str:
    if _SNOWFLAKE.fullmatch(identity):
        return f"<@&{identity}>" if identity in roles else f"<@{identity}>"
    name = one_line(names.get(identity, "") or identity).removeprefix("@")
    return _cut(f"@{name}", _NAME_CHARS, literal)


def _pinging(payload: Payload, card: Card, roles: Collection[str]) -> Payload:
    """The message, allowed to ping those whom it calls."""
    known = [identity for identity in dict.fromkeys(card.tagged) if _SNOWFLAKE.fullmatch(identity)]
    people = [identity for identity in known if identity not in roles and f"<@{identity}>" in payload.content]
    groups = [identity for identity in known if identity in roles and f"<@&{identity}>" in payload.content]
    return replace(payload, pings=tuple(people[:PINGS]), role_pings=tuple(groups[:PINGS]))


def _shared_by(card: Card, phrases: Phrases, names: Mapping[str, str]) -> list[str]:
    if not card.shared_by:
        return []
    return [f"-# {phrases('discord.shared_by', name=_call(card.shared_by, names, ()))}"]


def _notice(card: Card) -> list[str]:
    notice = one_line(card.notice)
    return [f"**{_cut(notice, MESSAGE_CHARS - 4, literal)}**"] if notice else []


def _hint(text: str) -> list[str]:
    return [_small_print(text)] if text else []


def _chart(text: str) -> list[str]:
    """A chart that is drawn in lines of text, as code."""
    lines = fenceless(plain(text)).rstrip()
    return _split(f"```\n{lines}\n```") if lines.strip() else []


def _small_print(text: str) -> str:
    return f"-# {_cut(one_line(text), MESSAGE_CHARS - 3, literal)}"


def _source(source: Source) -> str:
    """One line of the list, and the quotation below it; fits a message, however long its parts are."""
    name, target = one_line(source.name), one_line(source.link)
    shown = link(target, _shortened(name, _NAME_CHARS, literal)) if _WEB.match(target) else ""
    if not shown or units(shown) > _NAME_CHARS + _LINK_CHARS:
        shown = _cut(name, _NAME_CHARS, literal)
        if target not in {"", one_line(source.title)}:
            shown += f" ({_cut(target, _LINK_CHARS, literal)})"
    line = f"**[{source.n}]** {shown}"
    quote = one_line(source.quote)
    return f"{line}\n> *“{_cut(quote, _QUOTE_CHARS, literal)}”*" if quote else line


def _cut(text: str, limit: int, write: Callable[[str], str]) -> str:
    """The text as it is written, with no more units than that."""
    return write(_shortened(text, limit, write))


def _shortened(text: str, limit: int, write: Callable[[str], str]) -> str:
    return cut(text, limit, lambda part: "x" * units(write(part)))


# Embeds.


def _embeds(card: Card, hint: str) -> list[Mapping[str, object]]:
    """Notice, sources and receipt in embeds that each fit."""
    descriptions: list[str] = []
    for line in (*_notice(card), *map(_source, card.sources), *_hint(hint)):
        both = f"{descriptions[-1]}\n{line}" if descriptions else line
        if descriptions and units(both) <= EMBED_CHARS:
            descriptions[-1] = both
        else:
            descriptions.append(line)
    footer = _cut(one_line(card.receipt), FOOTER_CHARS, unmentioned)
    if footer and (not descriptions or units(descriptions[-1] + footer) > EMBEDS_CHARS):
        # Whether Discord takes an embed that is nothing but a footer is not documented.
        descriptions.append(_small_print(card.receipt))
        footer = ""
    embeds: list[Mapping[str, object]] = [{"description": text, "color": COLOUR} for text in descriptions]
    if footer:
        embeds[-1] = {**embeds[-1], "footer": {"text": footer}}
    return embeds


def _packed(embeds: Iterable[Mapping[str, object]]) -> list[tuple[Mapping[str, object], ...]]:
    """The embeds in as few messages as hold them."""
    # Discord takes ten; so many do not come together, since each was filled before the next was begun.
    messages: list[tuple[Mapping[str, object], ...]] = []
    for embed in embeds:
        if messages and sum(map(_weight, [*messages[-1], embed])) <= EMBEDS_CHARS:
            messages[-1] += (embed,)
        else:
            messages.append((embed,))
    return messages


def _weight(embed: Mapping[str, object]) -> int:
    footer = cast("Mapping[str, str]", embed.get("footer", {}))
    return units(str(embed["description"])) + units(footer.get("text", ""))
