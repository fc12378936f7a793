"""The same message in older blocks, for workspaces and imitations of Slack that do not know the newest (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from bot.platforms.slack.blocks import SECTION_CHARS, Block, Payload
from bot.platforms.slack.markup import TEXT_CHARS, mrkdwn
from bot.splitting import split

PLAINEST = 3
"""At which no blocks are left. Before: 0 as they are; 1 without the two thumbs in one; 2 of the oldest kinds alone."""


def plainer(payload: Payload, plainness: int) -> Payload:
    """The message made plainer by so many steps; it says the same, but for its buttons at the last one."""
    blocks = payload.blocks
    if plainness >= 1:
        blocks = [one for block in blocks for one in _without_thumbs(block)]
    if plainness >= PLAINEST - 1:
        blocks = [one for block in blocks for one in _without_markdown(block)]
    if plainness < PLAINEST:
        return Payload(payload.text, blocks)
    lines = [line for block in blocks if block["type"] != "actions" for line in texts_in(block)]
    return Payload("\n".join(lines)[:TEXT_CHARS] or payload.text)


def size_of(blocks: Sequence[Block]) -> int:
    """How much text is in blocks, in bytes of UTF-8."""
    return sum(len(text.encode()) for block in blocks for text in texts_in(block))


def texts_in(part: object) -> Iterator[str]:
    """Every text that is shown of a block."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name in {"text", "alt_text"} and isinstance(value, str):
                yield value
            elif name != "value":
                yield from texts_in(value)
    elif isinstance(part, list):
        for one in part:
            yield from texts_in(one)


def _without_thumbs(block: Block) -> Iterator[Block]:
    if block["type"] != "context_actions":
        yield block
        return
    buttons: list[Block] = []
    for element in cast("list[Block]", block["elements"]):
        for name in ("positive_button", "negative_button"):
            thumb = cast("Mapping[str, object]", element[name])
            value = str(thumb["value"])
            button: Block = {"type": "button", "text": thumb["text"], "value": value.partition(":")[2]}
            label = thumb.get("accessibility_label")
            if label:
                button["accessibility_label"] = label
            buttons.append({**button, "action_id": f"ragbot:{value.partition(':')[0]}"})
    yield {"type": "actions", "elements": buttons}


def _without_markdown(block: Block) -> Iterator[Block]:
    if block["type"] != "markdown":
        yield block
        return
    # Escaping makes a character five; half of the room is enough for all but hostile text, which is cut again.
    for piece in split(str(block["text"]), limit=SECTION_CHARS // 2):
        text = mrkdwn(piece)
        for at in range(0, len(text), SECTION_CHARS):
            yield {"type": "section", "text": {"type": "mrkdwn", "text": text[at : at + SECTION_CHARS]}}
