"""Modals as people fill them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.fakes.slack.model import Json

_ONE_OF = {"static_select", "radio_buttons"}
_MANY_OF = {"multi_static_select", "checkboxes"}


def fill(blocks: Sequence[Json], values: Mapping[str, object]) -> Json:
    """The state of a modal: by block and by action.

    Raises:
        AssertionError: Something is filled in that is not there, or Slack would not send it so.
    """
    inputs = [block for block in blocks if block["type"] == "input"]
    known = set().union(*(_names(block) for block in inputs))
    assert set(values) <= known, f"the modal has no {sorted(set(values) - known)}, but {sorted(known)}"
    state: Json = {}
    for block in inputs:
        element = block["element"]
        filled = _filled(element, next((values[name] for name in _names(block) if name in values), None))
        missing = not block.get("optional") and _empty(filled)
        assert not missing, f"Slack wants {block['label']['text']!r} filled in"
        state.setdefault(block["block_id"], {})[element["action_id"]] = filled
    return state


def _names(block: Json) -> set[str]:
    return {block["block_id"], block["element"]["action_id"], block["label"]["text"]}


def _filled(element: Json, given: object) -> Json:
    kind = element["type"]
    if kind in _ONE_OF:
        wanted = element.get("initial_option") if given is None else _option(element, given)
        return {"type": kind, "selected_option": wanted}
    if kind in _MANY_OF:
        first = element.get("initial_options", [])
        chosen = first if given is None else [_option(element, one) for one in _list(given)]
        return {"type": kind, "selected_options": chosen}
    text = element.get("initial_value") if given is None else str(given)
    if text:
        least, most = int(element.get("min_length", 0)), int(element.get("max_length", 3000))
        assert least <= len(text) <= most, f"Slack wants {least} to {most} characters"
    return {"type": kind, "value": text or None}


def _option(element: Json, given: object) -> Json:
    options: list[Json] = element["options"]
    for option in options:
        if given in {option["value"], option["text"]["text"]}:
            return option
    raise AssertionError(f"no option {given!r}; there are {[option['text']['text'] for option in options]}")


def _list(given: object) -> list[object]:
    return list(given) if isinstance(given, list | tuple | set) else [given]


def _empty(filled: Json) -> bool:
    return not any(value for key, value in filled.items() if key != "type")
