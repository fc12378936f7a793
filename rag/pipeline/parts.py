"""What a pipeline is made of."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from rag.answering.condensing import Condenser
from rag.answering.prompt import PromptWriter
from rag.cache.answers import AnswerCache
from rag.cache.documents import IndexWatch
from rag.cache.passages import Retrieves
from rag.cache.together import Together
from rag.ingest.sync import Synchroniser
from rag.model import Event
from rag.ports import Clock, Database
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.retrieval.lance import LanceIndex
from rag.routing.catalogue import Catalogue
from rag.routing.router import Router
from rag.state.syncs import SyncLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a pipeline is made of; put together in `rag.bootstrap` alone.

    Attributes:
        watch: Sees when the index changes.
        prompts: Writes what a model is told.
        condenser: Has a model rewrite follow-ups; `None`: rules understand them.
        models_in_use: By name: those that may be asked.
        setup: Names all settings that shape answers.
        answers: Remembered ones.
        together: Joins identical questions that are asked at the same time.
        candidates: Passages that a retrieval looks at.
        max_passage_chars: Of all passages of one question.
        unconfigured_providers: Those without a key.
        resources: Closes everything that was opened, last first.
    """

    version: str
    index: LanceIndex
    watch: IndexWatch
    retriever: Retrieves
    prompts: PromptWriter
    condenser: Condenser | None
    router: Router
    catalogue: Catalogue
    models_in_use: tuple[str, ...]
    setup: str
    answers: AnswerCache
    together: Together[Event]
    synchroniser: Synchroniser
    database: Database
    books: Books
    accounts: Accounts
    syncs: SyncLog
    clock: Clock
    max_output_tokens: int
    candidates: int
    max_passage_chars: int
    unconfigured_providers: tuple[str, ...]
    resources: AsyncExitStack
