"""A configuration file and its schema to a typed value, or to every problem it has, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from rag.errors import ConfigurationError, ConfigurationProblem
from rag.settings.document import Document, KeyPath, dotted, parse
from rag.settings.environment import DEFAULT_FOLDER
from rag.settings.fields import Between, Expected, Section

S = TypeVar("S", bound=Section)
Problems = tuple[ConfigurationProblem, ...]


def load_file(
    schema: type[S], path: Path, environ: Mapping[str, str], *, embedded: str = ""
) -> tuple[S | None, Problems]:
    """Read `path` into `schema`; what it leaves out comes from `embedded` (YAML) and from the schema's defaults.

    A missing file is an empty file. A missing folder is a problem, unless it is the default one.

    Returns:
        The value and no problems, or `None` and all of them in the order of their lines.
    """
    try:
        _check_folder(path.parent)
        text = read_text(path)
        document = parse(text, file=str(path), environ=environ)
    except ConfigurationError as error:
        return None, error.problems
    if text != embedded:  # the shipped file itself is not read twice
        document = document.over(parse(embedded, file=str(path), environ=environ))
    return validate(schema, document)


def _check_folder(folder: Path) -> None:
    if not folder.is_dir() and folder != DEFAULT_FOLDER:
        sentence = f"there is no such folder; create it, or leave RAGBOT_CONFIG out to use {DEFAULT_FOLDER}"
        raise ConfigurationError([ConfigurationProblem(str(folder), None, "", sentence)])


def read_text(path: Path) -> str:
    """What people wrote into a file; empty where there is none.

    Raises:
        ConfigurationError: It cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        sentence = f"the file cannot be read: {error.strerror}"
        raise ConfigurationError([ConfigurationProblem(str(path), None, "", sentence)]) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        sentence = "expected UTF-8 text; save the file in that encoding"
        # The cause carries the file's bytes, keys included.
        raise ConfigurationError([ConfigurationProblem(str(path), line, "", sentence)]) from None


def validate(schema: type[S], document: Document) -> tuple[S | None, Problems]:
    """Understand a document; returns as `load_file` does."""
    problems = list(document.problems)
    value: S | None = None
    try:
        value = schema.model_validate(document.data)
    except ValidationError as error:
        # A value that could not even be read would be complained about a second time.
        reported = {problem.key for problem in problems}
        found = (_problem(schema, document, details) for details in error.errors(include_url=False))
        problems += [problem for problem in found if problem.key not in reported]
    else:
        problems += [
            ConfigurationProblem(document.file, document.line_of(path), dotted(path), _not(document, path, phrase))
            for path, phrase in value.misfits()
        ]
    problems.sort(key=lambda problem: problem.line or 0)
    return (None if problems else value), tuple(problems)


def _problem(schema: type[Section], document: Document, error: ErrorDetails) -> ConfigurationProblem:
    path = error["loc"]
    if error["type"] == "expected" and path[-1] == "[key]":  # the key itself is wrong, not what stands behind it
        phrase = error["ctx"]["phrase"]
        return ConfigurationProblem(document.file, document.line_of(path[:-1]), dotted(path[:-1]), f"expected {phrase}")
    sentence = _sentence(schema, document, path, error)
    return ConfigurationProblem(document.file, document.line_of(path), dotted(path), sentence)


def _sentence(schema: type[Section], document: Document, path: KeyPath, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "refused":
            return error["msg"]
        case "extra_forbidden":
            return _unknown(str(path[-1]), _known(schema, path[:-1]))
        case "missing":
            return f"this key is missing; expected {_known(schema, path[:-1])[str(path[-1])]}"
        case "expected":
            phrase = str(context["phrase"])
        case kind:
            phrase = "a list" if kind == "tuple_type" else "keys and values"
    return _not(document, path, phrase, secret=bool(context.get("secret")))


def _not(document: Document, path: KeyPath, phrase: str, *, secret: bool = False) -> str:
    """What was expected at `path`, and what stands there instead as far as it may be quoted."""
    origin = document.origins.get(path)
    if origin is None or (secret and not origin.discreet):
        return f"expected {phrase}"
    return f"expected {phrase}, not {origin.shown}"


def _unknown(key: str, known: Mapping[str, str]) -> str:
    near = get_close_matches(key, known, n=1)
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; known here: {', '.join(known)}"


def _known(schema: type[Section], path: KeyPath) -> dict[str, str]:
    """The keys of the section at `path`, each with what it expects."""
    steps = iter(path)
    for step in steps:
        annotation: object = _fields(schema)[str(step)].annotation
        while (kind := get_origin(annotation)) in {Mapping, tuple, Annotated}:
            arguments = get_args(annotation)
            annotation = arguments[1] if kind is Mapping else arguments[0]
            if kind is not Annotated:
                next(steps)  # the name or position of one entry
        schema = next(_sections_in(annotation))
    return {key: _phrase(field) for key, field in _fields(schema).items()}


def _fields(schema: type[Section]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in schema.model_fields.items()}


def _sections_in(annotation: object) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections_in(argument)


def _phrase(field: FieldInfo) -> str:
    marks = (mark.phrase for mark in field.metadata if isinstance(mark, Expected | Between))
    return next(marks, field.description or "a value")
