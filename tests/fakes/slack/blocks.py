"""What Slack refuses of blocks, and what it fills in of those that it takes.

Limits as documented at docs.slack.dev/reference/block-kit (2026-11); that on all text together was observed.
"""

from __future__ import annotations

import copy
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from tests.fakes.slack.model import Json, Refused
from tests.fakes.slack.rendering import elements, texts

Surface = Literal["message", "modal", "home"]

MAX_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MAX_TEXT_CHARS = 40_000
MAX_MARKDOWN_CHARS = 12_000
MAX_BLOCK_TEXT_CHARS = 13_200

Problem = tuple[str, str]
"""What is wrong, and where."""

Files = Callable[[str], bool]
"""Whether a file of that id was uploaded."""


def accepted(blocks: object, files: Files, surface: Surface = "message") -> list[Json]:
    """The blocks with the ids that Slack gives them.

    Raises:
        Refused: As Slack refuses them, with what is wrong and where.
    """
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format")
    problems = [f"{what} [json-pointer:/blocks{where}]" for what, where in _problems(blocks, files, surface)]
    if problems:
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise Refused("invalid_blocks", errors=problems, response_metadata={"messages": messages})
    if surface == "message" and sum(map(len, texts(blocks))) > MAX_BLOCK_TEXT_CHARS:
        raise Refused("msg_blocks_too_long")
    return with_ids(blocks)


def with_ids(blocks: Sequence[Json]) -> list[Json]:
    filled = copy.deepcopy(list(blocks))
    for block in filled:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
    for _, element in elements(filled):
        if element.get("type") not in {"image", "mrkdwn", "plain_text", "card"}:
            element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return filled


def from_json(value: object, error: str) -> Any:
    """A form holds JSON as text; JSON holds it as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refused(error) from None


def _problems(blocks: list[Json], files: Files, surface: Surface) -> Iterator[Problem]:
    if len(blocks) > MAX_BLOCKS[surface]:
        yield f"no more than {MAX_BLOCKS[surface]} items allowed", ""
    for block_id, times in Counter(block["block_id"] for block in blocks if "block_id" in block).items():
        if times > 1:
            yield f"`block_id` must be unique: {block_id}", ""
    markdown = sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown")
    if markdown > MAX_MARKDOWN_CHARS:
        yield f"must be less than {MAX_MARKDOWN_CHARS + 1} characters in all markdown blocks", ""
    for index, block in enumerate(blocks):
        yield from _block(block, f"/{index}", files)


def _block(block: Json, where: str, files: Files) -> Iterator[Problem]:
    check = _CHECKS.get(str(block.get("type")))
    if check is None:
        yield f"unsupported type: {block.get('type')}", f"{where}/type"
        return
    yield from _at_most(block.get("block_id", ""), 255, f"{where}/block_id")
    yield from check(block, where)
    yield from _images(block, where, files)
    actions: list[str] = []
    for holder, element in elements([block]):
        if holder is block and "action_id" in element:
            actions.append(str(element["action_id"]))
        yield from _element(element, f"{where}/elements")
    if len(actions) != len(set(actions)):
        yield "`action_id` must be unique within a block", f"{where}/elements"


def _section(block: Json, where: str) -> Iterator[Problem]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "missing required field: text", where
    if "text" in block:
        yield from _text(block["text"], 3000, f"{where}/text")
    yield from _count(fields or [], 10, f"{where}/fields")
    for index, field in enumerate(fields or []):
        yield from _text(field, 2000, f"{where}/fields/{index}")


def _header(block: Json, where: str) -> Iterator[Problem]:
    yield from _text(block.get("text"), 150, f"{where}/text", plain=True)


def _context(block: Json, where: str) -> Iterator[Problem]:
    inner = block.get("elements")
    yield from _count(inner, 10, f"{where}/elements", least=1)
    for index, element in enumerate(inner or []):
        if element.get("type") == "image":
            continue
        yield from _text(element, 3000, f"{where}/elements/{index}")


def _elements_of(kinds: set[str] | None, most: int) -> Callable[[Json, str], Iterator[Problem]]:
    def check(block: Json, where: str) -> Iterator[Problem]:
        inner = block.get("elements")
        yield from _count(inner, most, f"{where}/elements", least=1)
        for index, element in enumerate(inner or []):
            kind = element.get("type")
            fits = kind in kinds if kinds else kind in _INTERACTIVE
            if not fits:
                yield f"unsupported type: {kind}", f"{where}/elements/{index}/type"

    return check


def _markdown(block: Json, where: str) -> Iterator[Problem]:
    if not isinstance(block.get("text"), str) or not block["text"]:
        yield "must be more than 0 characters", f"{where}/text"


def _image(block: Json, where: str) -> Iterator[Problem]:
    if "title" in block:
        yield from _text(block["title"], 2000, f"{where}/title", plain=True)


def _table(block: Json, where: str) -> Iterator[Problem]:
    rows = block.get("rows")
    yield from _count(rows, 100, f"{where}/rows", least=1)
    for index, row in enumerate(rows or []):
        yield from _count(row, 20, f"{where}/rows/{index}", least=1)
        for column, cell in enumerate(row):
            if cell.get("type") not in {"raw_text", "raw_number", "rich_text"}:
                yield f"unsupported type: {cell.get('type')}", f"{where}/rows/{index}/{column}"
            elif cell["type"] == "raw_text" and not cell.get("text"):
                yield "must be more than 0 characters", f"{where}/rows/{index}/{column}/text"


def _input(block: Json, where: str) -> Iterator[Problem]:
    yield from _text(block.get("label"), 2000, f"{where}/label", plain=True)
    if not isinstance(block.get("element"), dict):
        yield "missing required field: element", where


def _task(block: Json, where: str) -> Iterator[Problem]:
    yield from (("missing required field: " + key, where) for key in ("task_id", "title") if not block.get(key))
    if block.get("status", "pending") not in {"pending", "in_progress", "complete", "error"}:
        yield "invalid status", f"{where}/status"


def _alert(block: Json, where: str) -> Iterator[Problem]:
    yield from _text(block.get("text"), 3000, f"{where}/text")


def _requires(*keys: str) -> Callable[[Json, str], Iterator[Problem]]:
    def check(block: Json, where: str) -> Iterator[Problem]:
        yield from ((f"missing required field: {key}", where) for key in keys if not block.get(key))

    return check


_INTERACTIVE = {
    "button", "checkboxes", "datepicker", "datetimepicker", "timepicker", "overflow", "radio_buttons",
    "workflow_button", *(f"{kind}_select" for kind in ("static", "external", "users", "conversations", "channels")),
    *(f"multi_{kind}_select" for kind in ("static", "external", "users", "conversations", "channels")),
}  # fmt: skip

_CHECKS: dict[str, Callable[[Json, str], Iterator[Problem]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _elements_of(None, 25),
    "context_actions": _elements_of({"feedback_buttons", "icon_button"}, 5),
    "markdown": _markdown,
    "image": _image,
    "table": _table,
    "input": _input,
    "task_card": _task,
    "plan": _requires("title"),
    "alert": _alert,
    "rich_text": _requires("elements"),
    "divider": _requires(),
    "data_table": _requires("rows"),
    "data_visualization": _requires("title", "chart"),
    "card": _requires(),
    "carousel": _requires("elements"),
    "container": _requires("title", "child_blocks"),
    "video": _requires("title", "alt_text", "video_url", "thumbnail_url"),
    "file": _requires("external_id", "source"),
    "call": _requires("call_id"),
}


def _element(element: Json, where: str) -> Iterator[Problem]:
    yield from _at_most(element.get("action_id", ""), 255, f"{where}/action_id")
    kind = element.get("type")
    if kind == "button":
        yield from _button(element, where)
        if element.get("style", "primary") not in {"primary", "danger"}:
            yield "invalid style", f"{where}/style"
    elif kind == "feedback_buttons":
        for side in ("positive_button", "negative_button"):
            if isinstance(element.get(side), dict):
                yield from _button(element[side], f"{where}/{side}")
            else:
                yield f"missing required field: {side}", where
    elif kind in {"static_select", "overflow", "radio_buttons", "checkboxes"}:
        most = {"static_select": 100, "overflow": 5}.get(str(kind), 10)
        if "option_groups" not in element:
            yield from _count(element.get("options"), most, f"{where}/options", least=1)


def _button(button: Json, where: str) -> Iterator[Problem]:
    yield from _text(button.get("text"), 75, f"{where}/text", plain=True)
    yield from _at_most(button.get("value", ""), 2000, f"{where}/value")
    yield from _at_most(button.get("url", ""), 3000, f"{where}/url")
    yield from _at_most(button.get("accessibility_label", ""), 75, f"{where}/accessibility_label")


def _images(block: Json, where: str, files: Files) -> Iterator[Problem]:
    pictures = [block] if block["type"] == "image" else []
    pictures += [element for _, element in elements([block]) if element.get("type") == "image"]
    for picture in pictures:
        if not picture.get("alt_text"):
            yield "missing required field: alt_text", where
        yield from _at_most(picture.get("alt_text", ""), 2000, f"{where}/alt_text")
        yield from _at_most(picture.get("image_url", ""), 3000, f"{where}/image_url")
        slack_file = picture.get("slack_file")
        if slack_file is None and "image_url" not in picture:
            yield "missing required field: image_url", where
        if slack_file is not None and not files(str(slack_file.get("id"))):
            yield "invalid slack file", f"{where}/slack_file"


def _text(thing: object, most: int, where: str, *, plain: bool = False) -> Iterator[Problem]:
    if not isinstance(thing, dict):
        yield "missing required field: text", where
        return
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if thing.get("type") not in kinds:
        yield f"must be of type {' or '.join(sorted(kinds))}", f"{where}/type"
    if not thing.get("text"):
        yield "must be more than 0 characters", f"{where}/text"
    yield from _at_most(thing.get("text", ""), most, f"{where}/text")


def _at_most(value: object, most: int, where: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield "must be a string", where
    elif len(value) > most:
        yield f"must be less than {most + 1} characters", where


def _count(things: object, most: int, where: str, least: int = 0) -> Iterator[Problem]:
    if not isinstance(things, list):
        yield "must be an array", where
    elif len(things) > most:
        yield f"no more than {most} items allowed", where
    elif len(things) < least:
        yield f"no fewer than {least} items allowed", where
