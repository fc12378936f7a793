"""The lines of an evaluation's files, read strictly: whatever is wrong is told with file and line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.

    Attributes:
        number: 1-based.
    """

    file: Path
    number: int
    text: str

    def wrong(self, problem: str) -> EvaluationError:
        """The error to raise for this line."""
        return EvaluationError(problem, file=self.file, line=self.number)


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object on a line of its own; `null` is the same as leaving a key out, unknown keys are nobody's business.

    Every method raises `EvaluationError` for a value of another kind.
    """

    line: Line
    fields: Mapping[str, object]

    def text(self, key: str) -> str:
        """A string that has to be there, with more than white space in it."""
        value = self.optional_text(key)
        if not value.strip():
            raise self.line.wrong(f"`{key}` is missing or empty")
        return value

    def optional_text(self, key: str) -> str:
        """A string, empty where there is none."""
        value = self._get(key, "")
        if not isinstance(value, str):
            raise self.line.wrong(f"`{key}` should be a string")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings with more than white space in them, empty where there is none."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.line.wrong(f"`{key}` should be a list of strings that are not empty")
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.line.wrong(f"`{key}` should be true or false")
        return value

    def _get(self, key: str, default: object) -> object:
        value = self.fields.get(key)
        return default if value is None else value


def read_lines(file: Path) -> Iterator[Line]:
    """Every line but blank ones, without its line end.

    Raises:
        EvaluationError: There is no such file, or a line is not UTF-8.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise EvaluationError(error.strerror or "cannot be read", file=file) from error
    # Not `splitlines` of the text: JSON may hold U+2028, which is no line end there.
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise EvaluationError("is not UTF-8", file=file, line=number) from error
        if text.strip():
            yield Line(file, number, text)


def read_records(file: Path) -> Iterator[Record]:
    """Every JSON object of a JSON Lines file.

    Raises:
        EvaluationError: The file cannot be read, or a line is no JSON object.
    """
    for line in read_lines(file):
        try:
            fields = json.loads(line.text)
        except json.JSONDecodeError as error:
            raise line.wrong(f"is not JSON: {error.msg} at column {error.colno}") from error
        if not isinstance(fields, dict):
            raise line.wrong("should be a JSON object")
        yield Record(line, fields)
