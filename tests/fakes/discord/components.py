"""Components of messages and modals: what is allowed, and what can be pressed.

Rules: docs.discord.com/developers/components/reference (2026-12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.fakes.discord.errors import Form
from tests.fakes.discord.model import Json

ROW, BUTTON, SELECT, TEXT_INPUT, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR = 1, 2, 3, 4, 9, 10, 11, 12, 13, 14
CONTAINER, LABEL = 17, 18
SELECTS = {SELECT, 5, 6, 7, 8}
_IN_LABELS = SELECTS | {TEXT_INPUT, 19, 21, 22, 23}
_AT_THE_TOP = {ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER}
LINK, PREMIUM = 5, 6


def walk(components: list[Json]) -> Iterator[Json]:
    """All of them with what is in them, in the order in which they are read."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        yield from walk([component[key] for key in ("accessory", "component") if isinstance(component.get(key), dict)])


def numbered(components: list[Json]) -> list[Json]:
    """As Discord keeps them: each has a number of its own."""
    taken = {component.get("id") for component in walk(components)}
    free = (number for number in range(1, 1000) if number not in taken)
    for component in walk(components):
        if not component.get("id"):
            component["id"] = next(free)
    return components


def buttons(components: list[Json]) -> Iterator[Json]:
    yield from (component for component in walk(components) if component.get("type") == BUTTON)


def label_of(button: Json) -> str:
    return button.get("label") or (button.get("emoji") or {}).get("name") or ""


def check_message_components(form: Form, components: list[Json], *, v2: bool) -> None:
    if v2:
        _check_v2(form, components)
    else:
        form.most("components", components, 5)
        for index, row in enumerate(components):
            if row.get("type") != ROW:
                form.one_of(f"components.{index}.type", row.get("type"), {ROW})
            else:
                _check_row(form, f"components.{index}", row)
    _check_ids(form, components)


def check_modal(form: Form, data: Json) -> None:
    form.longest("data.title", data.get("title"), 45, least=1)
    form.longest("data.custom_id", data.get("custom_id"), 100, least=1)
    components = data.get("components") or []
    form.most("data.components", components, 5, least=1)
    for index, component in enumerate(components):
        _check_modal_part(form, f"data.components.{index}", component)
    _check_ids(form, components)


def _check_modal_part(form: Form, path: str, part: Json) -> None:
    kind = part.get("type")
    if kind == ROW:
        inner = part.get("components") or []
        form.most(f"{path}.components", inner, 1, least=1)
        for index, component in enumerate(inner):
            form.one_of(f"{path}.components.{index}.type", component.get("type"), {TEXT_INPUT})
            form.longest(f"{path}.components.{index}.label", component.get("label"), 45, least=1)
            _check_input(form, f"{path}.components.{index}", component)
    elif kind == LABEL:
        form.longest(f"{path}.label", part.get("label"), 45, least=1)
        form.longest(f"{path}.description", part.get("description"), 100)
        inner = part.get("component") or {}
        form.one_of(f"{path}.component.type", inner.get("type"), _IN_LABELS)
        if inner.get("type") == TEXT_INPUT:
            _check_input(form, f"{path}.component", inner)
        else:
            form.longest(f"{path}.component.custom_id", inner.get("custom_id"), 100, least=1)
    elif kind == TEXT:
        form.longest(f"{path}.content", part.get("content"), 4000, least=1)
    else:
        form.one_of(f"{path}.type", kind, {ROW, TEXT, LABEL})


def _check_input(form: Form, path: str, part: Json) -> None:
    form.longest(f"{path}.custom_id", part.get("custom_id"), 100, least=1)
    form.longest(f"{path}.placeholder", part.get("placeholder"), 100)
    form.longest(f"{path}.value", part.get("value"), 4000)
    form.one_of(f"{path}.style", part.get("style"), {1, 2})
    for key, least in (("min_length", 0), ("max_length", 1)):
        told = part.get(key)
        if told is not None and not least <= told <= 4000:
            form.bad(f"{path}.{key}", "NUMBER_TYPE_MAX", f"int value should be between {least} and 4000.")


def _check_v2(form: Form, components: list[Json]) -> None:
    everything = list(walk(components))
    if len(everything) > 40:
        form.bad("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The total number of components exceeded 40")
    texts = [part.get("content") or "" for part in everything if part.get("type") == TEXT]
    if sum(map(len, texts)) > 4000:
        told = "The total displayable text size exceeds 4000"
        form.bad("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", told)
    for index, component in enumerate(components):
        _check_part(form, f"components.{index}", component, _AT_THE_TOP)


def _check_part(form: Form, path: str, part: Json, allowed: set[int]) -> None:
    kind = part.get("type")
    form.one_of(f"{path}.type", kind, allowed)
    if kind in allowed and (check := _CHECKS.get(kind)):
        check(form, path, part)


def _check_row(form: Form, path: str, row: Json) -> None:
    inner = row.get("components") or []
    form.most(f"{path}.components", inner, 5, least=1)
    if any(part.get("type") in SELECTS for part in inner) and len(inner) > 1:
        form.bad(f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the width")
    for index, part in enumerate(inner):
        _check_part(form, f"{path}.components.{index}", part, {BUTTON, *SELECTS})


def _check_button(form: Form, path: str, button: Json) -> None:
    style = button.get("style")
    form.one_of(f"{path}.style", style, {1, 2, 3, 4, LINK, PREMIUM})
    form.longest(f"{path}.label", button.get("label"), 80)
    if style == LINK:
        form.longest(f"{path}.url", button.get("url"), 512, least=1)
        if button.get("custom_id"):
            form.bad(
                f"{path}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A link has no custom id"
            )
    elif style != PREMIUM:
        form.longest(f"{path}.custom_id", button.get("custom_id"), 100, least=1)
        if button.get("url"):
            form.bad(f"{path}.url", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "Only a link has a url")
    if style != PREMIUM and not label_of(button):
        form.bad(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or an emoji is required")


def _check_select(form: Form, path: str, select: Json) -> None:
    form.longest(f"{path}.custom_id", select.get("custom_id"), 100, least=1)
    form.longest(f"{path}.placeholder", select.get("placeholder"), 150)
    if select.get("type") != SELECT:
        return
    options = select.get("options") or []
    form.most(f"{path}.options", options, 25, least=1)
    for index, option in enumerate(options):
        form.longest(f"{path}.options.{index}.label", option.get("label"), 100, least=1)
        form.longest(f"{path}.options.{index}.value", option.get("value"), 100, least=1)
        form.longest(f"{path}.options.{index}.description", option.get("description"), 100)


def _check_section(form: Form, path: str, section: Json) -> None:
    inner = section.get("components") or []
    form.most(f"{path}.components", inner, 3, least=1)
    for index, part in enumerate(inner):
        _check_part(form, f"{path}.components.{index}", part, {TEXT})
    _check_part(form, f"{path}.accessory", section.get("accessory") or {}, {BUTTON, THUMBNAIL})


def _check_container(form: Form, path: str, container: Json) -> None:
    inner = container.get("components") or []
    form.most(f"{path}.components", inner, 40, least=1)
    for index, part in enumerate(inner):
        _check_part(form, f"{path}.components.{index}", part, _AT_THE_TOP - {CONTAINER})


def _check_text(form: Form, path: str, part: Json) -> None:
    form.longest(f"{path}.content", part.get("content"), 4000, least=1)


def _check_gallery(form: Form, path: str, part: Json) -> None:
    items = part.get("items") or []
    form.most(f"{path}.items", items, 10, least=1)
    for index, item in enumerate(items):
        form.longest(f"{path}.items.{index}.description", item.get("description"), 1024)


def _check_ids(form: Form, components: list[Json]) -> None:
    seen: set[str] = set()
    for component in walk(components):
        custom_id = component.get("custom_id")
        if custom_id and custom_id in seen:
            form.bad("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        seen.add(custom_id or "")


_CHECKS: dict[int, Callable[[Form, str, Json], None]] = {
    ROW: _check_row,
    BUTTON: _check_button,
    SECTION: _check_section,
    TEXT: _check_text,
    GALLERY: _check_gallery,
    CONTAINER: _check_container,
    **dict.fromkeys(SELECTS, _check_select),
}
