"""Cards as Slack's messages: plain dictionaries, nothing is sent (pure).

Limits: docs.slack.dev/reference/block-kit and /reference/methods/chat.postMessage, checked 2026-11,
where nothing else is said. Slack counts characters; where two counts are possible, ours is the larger one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.locales import Phrases
from bot.messages import Card, Source
from bot.platforms.slack.markup import escape, fallback, link, literal
from bot.platforms.tables import without_tables
from bot.splitting import split
from bot.text import cut, fenceless, one_line, plain

SECTION_CHARS = 3000
CONTEXT_ELEMENTS = 10
CONTEXT_CHARS = 2000
BUTTON_VALUE_CHARS = 2000
ACTION_ID_CHARS = 255
LABEL_CHARS = 75
ACTIONS = 25
"""Buttons in one `actions` block."""
BLOCKS = 50
"""In a message."""
MARKDOWN_CHARS = 12_000
"""In all the `markdown` blocks of a message together."""
MESSAGE_BYTES = 13_000
"""In all the blocks of a message together; not documented: above about 13,200 characters, Slack was seen to answer
`msg_blocks_too_long` (2026-11). Counted in bytes of UTF-8, since nobody knows what Slack counts."""
PIECE_BYTES = 9000
"""In UTF-8: where a stream goes on in a new message. Reports say that Slack ends streams between 10,600 and 12,000
bytes (2026-11); it leaves room for what stands under an answer."""

FEEDBACK = "ragbot:feedback"
"""The `action_id` of the two thumbs in one; their values are `good:<reference>` and `bad:<reference>`."""

_NAME_CHARS, _LINK_CHARS, _QUOTE_CHARS = 600, 1000, 1200  # of a source, as they are written: together below a section
_CHART_LINE_CHARS = 500  # no line of `bars` is longer; escaped, it still fits a section
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_WEB = re.compile(r"https?://\S", re.IGNORECASE)
_LABELS: Mapping[str, str] = {
    "good": "slack.button.good",
    "bad": "slack.button.bad",
    "why": "slack.button.why",
    "sources": "answer.sources",
    "retry": "slack.button.retry",
    "hand_over": "slack.button.hand_over",
    "stop": "slack.button.stop",
    "documents": "slack.button.documents",
    "books": "slack.button.books",
    "share": "slack.button.share",
}
_SPOKEN: Mapping[str, str] = {"good": "slack.button.good_spoken", "bad": "slack.button.bad_spoken"}
_THUMBS: Mapping[str, str] = {"good": "👍", "bad": "👎"}

Block = dict[str, object]


@dataclass(frozen=True, slots=True)
class Payload:
    """One message.

    Attributes:
        text: For notifications and screen readers; what is shown where `blocks` is empty.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)


def message(
    card: Card,
    phrases: Phrases,
    *,
    feedback_element: bool = True,
    chart_text: str = "",
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[Payload]:
    """The finished card as messages: one for each of `pieces`, more where what stands around them does not fit.

    Args:
        feedback_element: Whether the workspace takes `feedback_buttons`; older ones answer `invalid_blocks`.
        chart_text: The card's chart as lines of text.
        names: What people are called, by id.
    """
    parts = pieces(card.text)
    messages, texts = list(map(body, parts)), list(map(fallback, parts))
    head = [*tagged(card), *_shared_by(card, phrases, names)]
    if messages and _fits([*head, *messages[0]]):
        messages[0] = [*head, *messages[0]]
    else:
        before = _packed(head)
        messages, texts = before + messages, [_told_around(card, phrases)] * len(before) + texts
    below = closing(card, phrases, feedback_element=feedback_element, chart_text=chart_text)
    if messages and _fits([*messages[-1], *below]):
        messages[-1] = [*messages[-1], *below]
    else:
        messages += _packed(below)
    texts += [_told_around(card, phrases)] * (len(messages) - len(texts))
    if card.tagged and texts:
        # Notifications are made from this text; the first section is as long as it may get.
        texts[0] = f"{_lines(_calls(card), ' ')[0]} {texts[0]}"
    return list(map(Payload, texts, messages)) or [Payload("…")]


def pieces(markdown: str) -> list[str]:
    """The Markdown as it is shown, in pieces that each fit a stream and a `markdown` block; none of white space."""
    return split(without_tables(markdown), limit=PIECE_BYTES, size=_bytes)


def body(piece: str) -> list[Block]:
    """One of `pieces` as a block."""
    return [{"type": "markdown", "text": piece}]


def tagged(card: Card) -> list[Block]:
    """The people and groups whom a card calls: here alone, and in the `text` beside it, a mention is written."""
    return list(map(section, _lines(_calls(card), " ")))


def closing(card: Card, phrases: Phrases, *, feedback_element: bool = True, chart_text: str = "") -> list[Block]:
    """What stands under a text: notice, chart, sources, receipt, buttons; any number of blocks."""
    blocks: list[Block] = []
    if notice := one_line(card.notice):
        blocks.append(section(f"*{literal(cut(notice, SECTION_CHARS - 2, literal))}*"))
    blocks += chart(chart_text)
    if card.sources:
        lines = [f"*{phrases('answer.sources')}*", *map(_source, card.sources)]
        blocks += map(section, _lines(lines, "\n"))
    if receipt := one_line(card.receipt):
        blocks.append(context(literal(cut(receipt, CONTEXT_CHARS, literal))))
    return blocks + buttons(card.actions, card.reference, phrases, feedback_element=feedback_element)


def chart(text: str) -> list[Block]:
    """A chart that is drawn in lines of text, as code."""
    lines = (escape(fenceless(line[:_CHART_LINE_CHARS])) for line in plain(text).rstrip().split("\n"))
    parts = _lines(lines, "\n", SECTION_CHARS - len("```\n\n```"))
    return [section(f"```\n{part}\n```") for part in parts if part.strip()]


def buttons(actions: Sequence[str], reference: str, phrases: Phrases, *, feedback_element: bool = True) -> list[Block]:
    """The buttons, thumbs first. Their action ids are `ragbot:<action>`, their value is the reference."""
    named = [action for action in dict.fromkeys(actions) if action in _LABELS]
    blocks: list[Block] = []
    if feedback_element and {"good", "bad"} <= set(named):
        named = [action for action in named if action not in _THUMBS]
        blocks.append(
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "feedback_buttons",
                        "action_id": FEEDBACK,
                        "positive_button": _thumb("good", reference, phrases),
                        "negative_button": _thumb("bad", reference, phrases),
                    }
                ],
            }
        )
    if named:
        blocks.append({"type": "actions", "elements": [_button(action, reference, phrases) for action in named]})
    return blocks


def stop_buttons(reference: str, phrases: Phrases) -> list[Block]:
    """What stands under an answer while it is being written."""
    return buttons(("stop",), reference, phrases)


def section(text: str) -> Block:
    """A paragraph of mrkdwn, of at most 3,000 characters."""
    return {"type": "section", "text": _mrkdwn_object(text)}


def context(text: str) -> Block:
    """Small print in mrkdwn."""
    return {"type": "context", "elements": [_mrkdwn_object(text)]}


def plain_text(text: str, limit: int) -> Block:
    """A text object that nothing in is markup."""
    return {"type": "plain_text", "text": cut(one_line(text), limit, str)}


def _mrkdwn_object(text: str) -> Block:
    # Verbatim: nothing that merely looks like an address, a channel or `@here` becomes one.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _thumb(action: str, reference: str, phrases: Phrases) -> Block:
    return {
        "text": plain_text(phrases(_LABELS[action]), LABEL_CHARS),
        "accessibility_label": phrases(_SPOKEN[action])[:LABEL_CHARS],
        "value": f"{action}:{reference}"[:BUTTON_VALUE_CHARS],
    }


def _button(action: str, reference: str, phrases: Phrases) -> Block:
    label = _THUMBS.get(action) or phrases(_LABELS[action])
    button: Block = {
        "type": "button",
        "action_id": f"ragbot:{action}",
        "text": plain_text(label, LABEL_CHARS),
    }
    if reference:
        button["value"] = reference[:BUTTON_VALUE_CHARS]
    if action in _SPOKEN:
        button["accessibility_label"] = phrases(_SPOKEN[action])[:LABEL_CHARS]
    if action == "stop":
        button["style"] = "danger"
    return button


def _calls(card: Card) -> list[str]:
    return list(map(_call, card.tagged))


def _call(identity: str) -> str:
    if _USER.fullmatch(identity):
        return f"<@{identity}>"
    if _GROUP.fullmatch(identity):
        return f"<!subteam^{identity}>"
    return literal(cut(f"@{one_line(identity)}", _NAME_CHARS, literal))


def _shared_by(card: Card, phrases: Phrases, names: Mapping[str, str]) -> list[Block]:
    if not card.shared_by:
        return []
    name = one_line(names.get(card.shared_by, "") or card.shared_by)
    return [context(literal(phrases("slack.shared_by", name=cut(name, _NAME_CHARS, literal))))]


def _source(source: Source) -> str:
    """One line of the list, and the quotation below it; fits a section, however long its parts are."""
    name, target = cut(one_line(source.name), _NAME_CHARS, literal), one_line(source.link)
    shown = link(target, name) if _WEB.match(target) else ""
    if not shown or len(shown) > _NAME_CHARS + _LINK_CHARS:
        shown = literal(name)
        if target not in {"", one_line(source.title)}:
            shown += f" ({literal(cut(target, _LINK_CHARS, literal))})"
    line = f"*[{source.n}]* {shown}"
    quote = one_line(source.quote)
    return f"{line}\n> _“{literal(cut(quote, _QUOTE_CHARS, literal))}”_" if quote else line


def _told_around(card: Card, phrases: Phrases) -> str:
    """The `text` of a message that holds only what stands around an answer."""
    told = one_line(card.notice) or (phrases("answer.sources") if card.sources else one_line(card.receipt))
    return escape(cut(told, SECTION_CHARS, escape)) or "…"


def _lines(lines: Iterable[str], between: str, limit: int = SECTION_CHARS) -> list[str]:
    """The lines in as few texts as hold them; each line fits one."""
    texts: list[str] = []
    for line in lines:
        joined = f"{texts[-1]}{between}{line}" if texts else line
        if texts and len(joined) <= limit:
            texts[-1] = joined
        else:
            texts.append(line)
    return texts


def _packed(blocks: Iterable[Block]) -> list[list[Block]]:
    """The blocks in as few messages as hold them; each block fits one."""
    messages: list[list[Block]] = []
    for block in blocks:
        if messages and _fits([*messages[-1], block]):
            messages[-1].append(block)
        else:
            messages.append([block])
    return messages


def _fits(blocks: Sequence[Block]) -> bool:
    """Whether the blocks fit one message."""
    markdown = sum(len(str(block["text"])) for block in blocks if block["type"] == "markdown")
    return len(blocks) <= BLOCKS and markdown <= MARKDOWN_CHARS and _weight(blocks) <= MESSAGE_BYTES


def _weight(value: object) -> int:
    """The bytes of all the strings in blocks but for what buttons carry, which nobody sees."""
    if isinstance(value, str):
        return _bytes(value)
    if isinstance(value, Mapping):
        return sum(_weight(inner) for name, inner in value.items() if name != "value")
    return sum(map(_weight, value)) if isinstance(value, list) else 0


def _bytes(text: str) -> int:
    # Halves of surrogate pairs, which no text of a card holds, are no reason to fail.
    return len(text.encode("utf-8", "surrogatepass"))
