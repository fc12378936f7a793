"""YAML text to plain data that knows where it was written.

Every scalar stays text until a schema says what it is: `0.10` reaches a money field with its own digits, `no` stays a
word, and `${PORT:-8080}` becomes a number exactly where a number is expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import TypeAlias

import yaml

from rag.errors import ConfigurationError, ConfigurationProblem

KeyPath: TypeAlias = "tuple[str | int, ...]"
Data: TypeAlias = "str | tuple[Data, ...] | dict[str, Data] | None"

# The base loader makes no Python objects and resolves no types; a tag beyond these three was written by hand.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MAX_SHOWN_CHARS = 60

_VARIABLE = re.compile(
    r"""
    \$\$\{                            # an escaped ${
    | \$\{ (?:                        # ${, and where nothing below follows, a mistake
        (?P<name>[A-Za-z_]\w*)
        (?: :- (?P<default>[^{}]*) )?
    \} )?
    """,
    re.ASCII | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value stands and how a problem may quote it, worked out only when there is one.

    Attributes:
        line: 1-based line of its key or list item; `None` for an embedded default.
        node: The value, as the parser left it.
    """

    line: int | None
    node: yaml.Node

    @property
    def shown(self) -> str:
        """What was written, never what a variable of the environment holds."""
        if isinstance(self.node, yaml.MappingNode):
            return "keys and values"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        if variables := self._variables:
            return f"what {' and '.join(variables)} gives here"
        if _is_null(self.node, self.node.value):
            return "nothing"
        return f'"{shorten(self.node.value, _MAX_SHOWN_CHARS, placeholder="…")}"'

    @property
    def discreet(self) -> bool:
        """Whether `shown` holds nothing of the value itself, so that it may be quoted even of a secret."""
        return not self.shown.startswith('"')

    @property
    def _variables(self) -> list[str]:
        return [f"${{{match['name']}}}" for match in _VARIABLE.finditer(self.node.value) if match["name"]]


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration file, read but not yet understood.

    Attributes:
        file: Its name in problems.
        data: Keys and values, variables filled in.
        origins: For every key and list item; a missing one has none.
        problems: What is wrong already; the values concerned are `None` in `data`.
    """

    file: str
    data: dict[str, Data]
    origins: Mapping[KeyPath, Origin]
    problems: tuple[ConfigurationProblem, ...] = ()

    def over(self, base: Document) -> Document:
        """This document with the keys it leaves out taken from `base`, section by section."""
        embedded = {path: Origin(None, origin.node) for path, origin in base.origins.items()}
        return replace(self, data=_merged(base.data, self.data), origins={**embedded, **self.origins})

    def line_of(self, path: KeyPath) -> int | None:
        """The line of the key, or of the innermost section around it that was written."""
        for end in range(len(path), 0, -1):
            origin = self.origins.get(path[:end])
            if origin and origin.line:
                return origin.line
        return None


def _merged(base: dict[str, Data], over: dict[str, Data]) -> dict[str, Data]:
    merged = {**base, **over}
    for key, value in over.items():
        below = base.get(key)
        if isinstance(below, dict) and (value is None or isinstance(value, dict)):
            merged[key] = _merged(below, value or {})
    return merged


def dotted(path: KeyPath) -> str:
    """The path as people write it: `documents[0].path`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def parse(text: str, *, file: str, environ: Mapping[str, str]) -> Document:
    """Read YAML and fill in `${NAME}`, `${NAME:-default}` and the escape `$${`.

    Raises:
        ConfigurationError: It is not YAML, or its top level has no keys; milder problems stand in the document.
    """
    reader = _Reader(file, environ)
    try:
        root = _compose(text, file)
        data = None if root is None else reader.value(root, ())
    except RecursionError:
        raise _not_yaml(file, None, "it is nested too deeply") from None
    if data is not None and not isinstance(data, dict):
        raise ConfigurationError([ConfigurationProblem(file, 1, "", "expected keys and values, such as `key: value`")])
    return Document(file, data or {}, reader.origins, tuple(reader.problems))


def _compose(text: str, file: str) -> yaml.Node | None:
    unprintable = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if unprintable:
        above = text.count("\n", 0, unprintable.start())
        raise _not_yaml(file, above + 1, f"the character U+{ord(unprintable.group()):04X} is not allowed")
    try:
        # compose() makes nodes, never objects, whatever the file says.
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(file, *_explained(error, text)) from None
    return node


def _explained(error: yaml.MarkedYAMLError, text: str) -> tuple[int | None, str]:
    """The line and the reason; the error's own text would quote the line, which may hold a key."""
    reason = error.problem or "it cannot be read"
    line = error.problem_mark.line + 1 if error.problem_mark else None
    begin = error.context_mark.line + 1 if error.context_mark else line
    if begin != line:
        reason += f" for what begins on line {begin}"
    if line and "${" in "".join(text.split("\n")[line - 1 : line]):
        reason += "; put quotes around ${…} where it stands inside brackets"
    return line, reason


def _not_yaml(file: str, line: int | None, reason: str) -> ConfigurationError:
    return ConfigurationError([ConfigurationProblem(file, line, "", f"this is not valid YAML: {reason}")])


class _Refused(ValueError):  # noqa: N818 - never leaves this module
    """A value that nothing can be made of; the text is the sentence for people."""


def _fill_in(text: str, environ: Mapping[str, str]) -> str:
    if "${" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if match[0] == "$${":
            return "${"
        if name is None:
            raise _Refused("expected ${NAME} or ${NAME:-default}; write $${ where you mean the characters ${")
        if default is not None:
            return environ.get(name) or default
        if name not in environ:
            raise _Refused(
                f"the environment variable {name} is not set; set it, or give a default: ${{{name}:-default}}"
            )
        return environ[name]

    return _VARIABLE.sub(value, text)


class _Reader:
    """Walks the nodes of one file, collecting origins and problems."""

    def __init__(self, file: str, environ: Mapping[str, str]) -> None:
        self.origins: dict[KeyPath, Origin] = {}
        self.problems: list[ConfigurationProblem] = []
        self._file = file
        self._environ = environ
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: KeyPath) -> Data:
        try:
            return self._understood(node, path)
        except _Refused as error:
            self._report(path, self.origins[path].line if path else 1, str(error))
            return None

    def _understood(self, node: yaml.Node, path: KeyPath) -> Data:
        if id(node) in self._seen:  # also what ends an alias that contains itself
            raise _Refused("aliases (*name) are not supported; write the value again")
        self._seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            raise _Refused("tags (!name) are not supported; write the plain value")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, path)
        text = _fill_in(node.value, self._environ)
        return None if _is_null(node, text) else text

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Data]:
        data: dict[str, Data] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(path, line, "expected a key that is a word; quote it where it starts with a bracket")
                continue
            here = (*path, key_node.value)
            if here in self.origins:
                first = self.origins[here].line
                self._report(here, line, f"this key stands twice, here and on line {first}; keep one")
                continue
            self.origins[here] = Origin(line, value_node)
            data[key_node.value] = self.value(value_node, here)
        return data

    def _sequence(self, node: yaml.SequenceNode, path: KeyPath) -> tuple[Data, ...]:
        items: list[Data] = []
        for position, item in enumerate(node.value):
            here = (*path, position)
            self.origins[here] = Origin(item.start_mark.line + 1, item)
            items.append(self.value(item, here))
        return tuple(items)

    def _report(self, path: KeyPath, line: int | None, sentence: str) -> None:
        self.problems.append(ConfigurationProblem(self._file, line, dotted(path), sentence))


def _is_null(node: yaml.Node, text: str) -> bool:
    """Only an unquoted scalar may be null; what a variable puts in its place may be null as well."""
    return isinstance(node, yaml.ScalarNode) and not node.style and text in _NULLS
