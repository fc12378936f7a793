"""Blocks and control sequences as a person reads them, and whom they call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.fakes.slack.model import Json
from tests.fakes.slack.typed import unescaped

Name = Callable[[str], str]
"""What an id is called: of a user, a channel or a group."""

_SEQUENCE = re.compile(r"<([@#!]?)([^<>|\n]+)(?:\|([^<>\n]*))?>")
_MENTION = re.compile(r"<(?:@[UW][A-Z0-9]+|!(?:here|channel|everyone)|!subteam\^S[A-Z0-9]+)(?:\|[^<>\n]*)?>")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_ELEMENT_BLOCKS = {"section", "actions", "context", "context_actions", "input", "card"}


def read(text: str, name: Name) -> str:
    """Text with its links, mentions and entities as they are shown."""

    def shown(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        if sign == "@" or (sign == "!" and target.startswith("subteam^")):
            return f"@{name(target.removeprefix('subteam^'))}"
        if sign == "#":
            return f"#{name(target)}"
        if sign == "!":
            return label or f"@{target}"
        if not re.match(r"(https?|mailto):", target):
            return match[0]
        return label or target

    return unescaped(_SEQUENCE.sub(shown, text))


def read_blocks(blocks: Sequence[Json], name: Name) -> str:
    return "\n".join(text for block in blocks if (text := _read_block(block, name)))


def button_labels(blocks: Sequence[Json]) -> Iterator[str]:
    for _, element in elements(blocks):
        yield from (label for label, _ in pressable(element))


def pressable(element: Json) -> Iterator[tuple[str, Json]]:
    """What can be pressed of an element: its label, and what an action of it says."""
    if element.get("type") in {"button", "icon_button", "workflow_button"}:
        label = element.get("accessibility_label") if element["type"] == "icon_button" else None
        yield label or element["text"]["text"], element
    elif element.get("type") == "feedback_buttons":
        for side in ("positive_button", "negative_button"):
            button = element[side]
            told = {"type": "feedback_buttons", "action_id": element["action_id"]}
            yield (
                button["text"]["text"],
                {**told, "text": button["text"], "value": button.get("value")}
                | {"accessibility_label": button.get("accessibility_label")},
            )


def elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element with the block that it stands in."""
    for block in blocks:
        if block.get("type") in _ELEMENT_BLOCKS:
            inner = [*block.get("elements", []), *block.get("actions", [])]
            inner += [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
            yield from ((block, element) for element in inner)
        for key in ("child_blocks", "elements", "blocks", "tasks"):
            if isinstance(nested := block.get(key), list):
                yield from elements([inner for inner in nested if isinstance(inner, dict)])


def texts(thing: object) -> Iterator[str]:
    """All text in blocks, for sums."""
    if isinstance(thing, list):
        for part in thing:
            yield from texts(part)
    elif isinstance(thing, dict):
        for key, value in thing.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts(value)


def mentions(text: str) -> Iterator[tuple[int, str]]:
    """Mentions and where they stand; a person in code is not called, a whole channel might be."""
    code = [match.span() for match in _CODE.finditer(text)]
    for match in _MENTION.finditer(text):
        in_code = any(start < match.start() < end for start, end in code)
        if not (in_code and match[0].startswith("<@")):
            yield match.start(), match[0]


def calling_texts(thing: object) -> Iterator[str]:
    """The texts in blocks that Slack looks for mentions in: mrkdwn, markdown and rich text."""
    if isinstance(thing, list):
        for part in thing:
            yield from calling_texts(part)
    elif isinstance(thing, dict):
        kind = thing.get("type")
        if kind in {"mrkdwn", "markdown"}:
            yield str(thing.get("text", ""))
        elif kind == "user" and "user_id" in thing:
            yield f"<@{thing['user_id']}>"
        elif kind == "usergroup":
            yield f"<!subteam^{thing['usergroup_id']}>"
        elif kind == "broadcast":
            yield f"<!{thing['range']}>"
        else:
            for value in thing.values():
                yield from calling_texts(value)


def _read_block(block: Json, name: Name) -> str:
    reader = _READERS.get(str(block.get("type")))
    return reader(block, name) if reader else ""


def _text(thing: Any, name: Name) -> str:
    if thing is None:
        return ""
    if isinstance(thing, str):
        return thing
    if thing.get("type") == "mrkdwn":
        return read(str(thing["text"]), name)
    if thing.get("type") in {"rich_text", "table"}:
        return _read_block(thing, name)
    if thing.get("type") == "image":
        return str(thing["alt_text"])
    return str(thing.get("text", thing.get("value", "")))


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _section(block: Json, name: Name) -> str:
    accessory = block.get("accessory", {})
    alt = str(accessory["alt_text"]) if accessory.get("type") == "image" else ""
    return _lines(_text(block.get("text"), name), *(_text(field, name) for field in block.get("fields", [])), alt)


def _context(block: Json, name: Name) -> str:
    return " ".join(_text(element, name) for element in block["elements"])


def _image(block: Json, name: Name) -> str:
    return _lines(_text(block.get("title"), name), str(block.get("alt_text", "")))


def _table(block: Json, name: Name) -> str:
    rows = (" | ".join(_text(cell, name) for cell in row) for row in block.get("rows", []))
    return _lines(_text(block.get("caption"), name), *rows)


def _rich_text(block: Json, name: Name) -> str:
    return "\n".join(_rich(element, name) for element in block["elements"])


def _rich(element: Json, name: Name) -> str:
    kind = element["type"]
    if kind == "rich_text_list":
        return "\n".join(f"• {_rich(item, name)}" for item in element["elements"])
    if "elements" in element:
        return "".join(_rich(part, name) for part in element["elements"])
    shown = {"user": "user_id", "usergroup": "usergroup_id", "channel": "channel_id"}
    if kind in shown:
        return ("#" if kind == "channel" else "@") + name(element[shown[kind]])
    if kind == "broadcast":
        return f"@{element['range']}"
    if kind == "emoji":
        return f":{element['name']}:"
    return str(element.get("text") or element.get("url") or element.get("fallback") or "")


def _task(block: Json, name: Name) -> str:
    mark = {"complete": "✓", "error": "✗", "in_progress": "…"}.get(str(block.get("status")), "·")
    sources = (str(source.get("text", source.get("url", ""))) for source in block.get("sources") or [])
    return _lines(
        f"{mark} {block['title']}", _text(block.get("details"), name), _text(block.get("output"), name), *sources
    )


def _plan(block: Json, name: Name) -> str:
    return _lines(_text(block.get("title"), name), *(_task(task, name) for task in block.get("tasks") or []))


def _card(block: Json, name: Name) -> str:
    keys = ("title", "subtitle", "subtext", "body")
    image = str((block.get("hero_image") or {}).get("alt_text", ""))
    return _lines(image, *(_text(block.get(key), name) for key in keys))


def _nested(block: Json, name: Name) -> str:
    inner = block.get("child_blocks") or block.get("elements") or []
    return _lines(_text(block.get("title"), name), read_blocks(inner, name))


def _input(block: Json, name: Name) -> str:
    return _lines(_text(block.get("label"), name), _text(block.get("hint"), name))


def _chart(block: Json, name: Name) -> str:
    return _lines(_text(block.get("title"), name), *texts(block.get("chart")))


_READERS: dict[str, Callable[[Json, Name], str]] = {
    "section": _section,
    "context": _context,
    "header": lambda block, name: _text(block["text"], name),
    "markdown": lambda block, name: read(str(block["text"]), name),
    "image": _image,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
    "rich_text": _rich_text,
    "task_card": _task,
    "plan": _plan,
    "alert": lambda block, name: _text(block["text"], name),
    "card": _card,
    "carousel": _nested,
    "container": _nested,
    "input": _input,
    "video": _image,
}
