"""A model kept to the documents: its citations hold, its text does nothing, and it may say that it found no answer."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from rag.answering.characters import visible
from rag.answering.citations import AnswerChecker
from rag.answering.prompt import NOT_IN_DOCUMENTS
from rag.answering.quotes import Quoter
from rag.language import Analyzer
from rag.model import Evidence, Restart
from rag.ports import AnswerEvent, AnswerRequest, Completion, Provider, TextDelta

_WORD = re.compile(r"[^\W_]")


class GroundedProvider:
    """Lets through of a model's answer what may reach a reader, with citations of the request's passages.

    Where the model says that the passages do not answer, there is no text, and the reason is `nothing_relevant`.
    """

    def __init__(self, model: Provider, analyzer: Analyzer) -> None:
        """`analyzer` finds the sentences to quote."""
        self._model = model
        self._analyzer = analyzer

    @property
    def name(self) -> str:
        """The model's provider."""
        return self._model.name

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the model's events, its text checked.

        Raises:
            ProviderError: As the model does.
        """
        if request.purpose != "answer":
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    yield event
            return
        # A prompt that was too long for the model has fewer passages than were found.
        given = request.passages[: len(request.prompt.passages)]
        refusal, checker, written = _Refusal(), AnswerChecker(given), False
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                text = ""
                if isinstance(event, TextDelta):
                    text = checker.feed(refusal.feed(event.text))
                elif isinstance(event, Completion):
                    text = checker.feed(refusal.finish()) + checker.finish()
                elif isinstance(event, Restart):
                    refusal, checker, written = _Refusal(), AnswerChecker(given), False
                if text:
                    written = written or not text.isspace()
                    yield TextDelta(text)
                if isinstance(event, Completion):
                    citations = checker.citations(Quoter(self._analyzer, request.language, request.question))
                    found = written or event.truncated
                    yield replace(
                        event,
                        citations=citations,
                        reason=event.reason if found else "nothing_relevant",
                        evidence=Evidence.of(given, checker.cited),
                    )
                elif not isinstance(event, TextDelta):
                    yield event


class _Refusal:
    """Holds back the words with which a model says that the passages do not answer.

    Where they come first they are the whole answer, whatever is added; elsewhere they are left out.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._refused = False

    def feed(self, delta: str) -> str:
        """What certainly belongs to an answer."""
        if self._refused:
            return ""
        text = self._held + visible(delta)
        at = text.find(NOT_IN_DOCUMENTS)
        if at >= 0 and not (self._begun or _WORD.search(text, 0, at)):
            self._refused = True
            self._held = ""
            return ""
        # The space keeps apart what stood on its two sides.
        text = text.replace(NOT_IN_DOCUMENTS, " ")
        certain = len(text) - _chars_begun(text)
        # White space and marks at the very beginning may be those around a refusal.
        self._begun = self._begun or _WORD.search(text, 0, certain) is not None
        if not self._begun:
            certain = 0
        self._held = text[certain:]
        return text[:certain]

    def finish(self) -> str:
        """What was held back and is no refusal after all."""
        return self._held


def _chars_begun(text: str) -> int:
    """How many characters at the end of a text may begin a refusal."""
    longest = min(len(text), len(NOT_IN_DOCUMENTS) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(NOT_IN_DOCUMENTS[:n])), 0)
