"""The rung without a model: the parts of the passages that answer, quoted exactly.

The last provider of every route. It costs nothing, needs no network and cannot invent: every quotation is a slice of
a passage.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import dedent

from rag.language import Analyzer
from rag.model import Citation, Evidence, Language, Passage
from rag.ports import AnswerEvent, AnswerRequest, Completion, TextDelta
from rag.providers.quotable import Unit, is_fence, units_of
from rag.retrieval.ranking import coverage

NAME = "extractive"

# A quotation starts as the run of units that meets the question best within so many characters ...
_CORE_CHARS = 450
# ... and grows to the end of its section, up to so many.
_QUOTE_CHARS = 700
_MOST_QUOTES = 3
# The words of title and headings speak for every sentence below them, but less than the sentence's own.
_CONTEXT_SHARE = 0.9
# Of two runs that say the same, the shorter one is quoted: what a full core's length costs it.
_LENGTH_COST = 0.1
# A second passage is quoted if it is nearly as good as the first, and says something else.
_WORTH_ADDING = 0.5
_SAME = 0.7
# How far a passage's rank counts beside its best run.
_RANK_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class _Quotation:
    """Neighbouring units of one passage, `first` to `last`, both included."""

    passage: Passage
    units: Sequence[Unit]
    first: int
    last: int
    terms: frozenset[str]
    value: float

    @property
    def start(self) -> int:
        return self.units[self.first].start

    @property
    def end(self) -> int:
        return self.units[self.last].end

    @property
    def text(self) -> str:
        return self.passage.chunk.text[self.start : self.end]


class ExtractiveProvider:
    """Answers with quotations."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer

    @property
    def name(self) -> str:
        """`extractive`."""
        return NAME

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        """Quote the best parts of the passages, one citation each."""
        chosen = self._select(request)
        for n, quotation in enumerate(chosen, start=1):
            yield TextDelta(("\n\n" if n > 1 else "") + _quoted(quotation, n))
        quoted = {quotation.passage.chunk.id for quotation in chosen}
        yield Completion(
            provider=NAME,
            rung="extractive",
            reason="no_model_configured",
            citations=tuple(_citation(n, quotation) for n, quotation in enumerate(chosen, start=1)),
            evidence=Evidence.of(
                request.passages,
                {n for n, passage in enumerate(request.passages, start=1) if passage.chunk.id in quoted},
            ),
        )

    def _select(self, request: AnswerRequest) -> list[_Quotation]:
        top = request.passages[0].score if request.passages else 1.0
        found = []
        for passage in request.passages:
            rank = 1 - _RANK_SHARE + _RANK_SHARE * passage.score / top
            core = self._core(passage, request.term_weights, request.language)
            if core is not None:
                found.append(_grown(replace(core, value=core.value * rank)))
        found.sort(key=lambda quotation: -quotation.value)
        chosen: list[_Quotation] = []
        for quotation in found:
            if chosen and quotation.value < _WORTH_ADDING * chosen[0].value:
                break
            if not any(_same(quotation, other) for other in chosen):
                chosen.append(quotation)
        # The best passage is read first, wherever the neatest quotation came from.
        return sorted(chosen[:_MOST_QUOTES], key=lambda quotation: -quotation.passage.score)

    def _core(self, passage: Passage, weights: Mapping[str, float], language: Language) -> _Quotation | None:
        """The run of units that meets the question best."""
        chunk = passage.chunk
        context = self._analyzer.terms("\n".join((chunk.title, *chunk.heading_path)), language)
        units = units_of(chunk.text)
        terms = [frozenset(self._analyzer.terms(chunk.text[unit.start : unit.end], language)) for unit in units]
        best: _Quotation | None = None
        for first, last in _runs(units):
            words = frozenset().union(*terms[first : last + 1])
            value = _worth(weights, words, context, units[last].end - units[first].start)
            if best is None or value > best.value:
                best = _Quotation(passage, units, first, last, words, value)
        return best


def _runs(units: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Every quotable unit alone, and with as many neighbours as a core holds."""
    for first, unit in enumerate(units):
        if unit.kind == "mark":
            continue
        yield first, first
        for last in range(first + 1, len(units)):
            if units[last].kind == "mark" or units[last].end - unit.start > _CORE_CHARS:
                break
            yield first, last


def _worth(weights: Mapping[str, float], words: frozenset[str], context: Sequence[str], chars: int) -> float:
    own = coverage(weights, words)
    inherited = coverage(weights, words.union(context)) - own
    return own + _CONTEXT_SHARE * inherited - _LENGTH_COST * min(1.0, chars / _CORE_CHARS)


def _grown(core: _Quotation) -> _Quotation:
    """A core with its surroundings, up to the marks that frame them and as long as a quotation may be.

    What follows comes first, because documentation names a thing and then tells of it; then what leads to it.
    """
    units, first, last = core.units, core.first, core.last

    def belongs(unit: int, start: int, end: int) -> bool:
        return (
            0 <= unit < len(units)
            and units[unit].kind != "mark"
            and units[end].end - units[start].start <= _QUOTE_CHARS
        )

    if belongs(first - 1, first - 1, last) and _introduces(core, first - 1):
        first -= 1
    while belongs(last + 1, first, min(last + 1, len(units) - 1)):
        last += 1
    while belongs(first - 1, first - 1, last):
        first -= 1
    return replace(core, first=first, last=last)


def _introduces(core: _Quotation, unit: int) -> bool:
    """Whether a unit leads to the next one: it ends in a colon, or speaks of the code that follows."""
    before = core.units[unit]
    text = core.passage.chunk.text[before.start : before.end]
    return text.endswith(":") or (before.kind == "text" and core.units[unit + 1].kind == "code")


def _same(one: _Quotation, other: _Quotation) -> bool:
    """Whether quoting both would say one thing twice: overlapping chunks, copied paragraphs."""
    if one.text in other.text or other.text in one.text:
        return True
    shared = len(one.terms & other.terms)
    same_title = one.passage.chunk.title == other.passage.chunk.title
    return same_title and shared > _SAME * min(len(one.terms), len(other.terms))


def _quoted(quotation: _Quotation, n: int) -> str:
    """A Markdown block quotation that ends with its citation."""
    text = quotation.passage.chunk.text
    indentation = re.search(r"[ \t]*$", text[: quotation.start])
    assert indentation is not None, "nothing is an indentation too"
    # What was indented where it stood (in a tab, a list) would be taken for code here.
    lines = dedent(indentation[0] + quotation.text).splitlines()
    header = quotation.units[quotation.first].header
    if header is not None:
        # A row says nothing without the names of its columns.
        lines = [*text[slice(*header)].splitlines(), *lines]
    if quotation.units[quotation.last].kind == "text":
        lines[-1] += f" [{n}]"
    else:
        lines += ["", f"[{n}]"]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _citation(n: int, quotation: _Quotation) -> Citation:
    chunk = quotation.passage.chunk
    return Citation(
        n=n,
        title=chunk.title,
        heading=" › ".join(chunk.heading_path),
        source=chunk.source,
        link=chunk.link,
        quote=_verbatim(quotation),
    )


def _verbatim(quotation: _Quotation) -> str:
    """What of a quotation certainly stands in the document.

    A piece of code that was cut into several chunks has a fence at its edge that the document has not.
    """
    lines = quotation.text.splitlines(keepends=True)
    units = quotation.units
    if quotation.first == 0 and units[0].kind == "code":
        lines = lines[1:]
    if quotation.last == len(units) - 1 and units[-1].kind == "code" and lines and is_fence(lines[-1]):
        lines = lines[:-1]
    return "".join(lines).strip("\n") or quotation.text
