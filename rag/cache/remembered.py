"""The rung below the models: what was answered the last time, however long ago, as long as its documents stand."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from rag.cache.answers import AnswerCache
from rag.errors import ProviderRefused
from rag.ports import AnswerEvent, AnswerRequest, Completion, TextDelta

NAME = "remembered"


class RememberedProvider:
    """A `Provider` that gives the last answer to the same question again, labelled with its age."""

    def __init__(self, answers: AnswerCache) -> None:
        self._answers = answers

    @property
    def name(self) -> str:
        """`remembered`."""
        return NAME

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the text in one piece, then who wrote it and when.

        Raises:
            ProviderRefused: The question was never answered, or too long ago, or from documents that have changed.
        """
        remembered = await self._answers.find_stale(request.key)
        if remembered is None:
            raise ProviderRefused("nothing is remembered of this question", provider=NAME)
        answer = remembered.answer
        yield TextDelta(answer.text)
        yield Completion(
            provider=answer.provider,
            model=answer.model,
            rung="cached",
            reason="models_failed",
            citations=answer.citations,
            age_s=remembered.age_s,
            evidence=answer.evidence,
        )
