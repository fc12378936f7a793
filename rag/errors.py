"""Every error that ragbot raises on purpose.

They are split by what the caller does next::

    RagError
    ├── ConfigurationError      mend the file it names, exit code 2
    ├── IngestError
    │   ├── UnreadableDocument  skip this document, go on with the others
    │   └── IngestBusy          another process is ingesting: wait or come back
    ├── IndexMismatch           the index was made by another embedder: choose
    ├── IndexUnavailable        the index cannot be opened, read or written: look at its folder
    ├── StateUnavailable        the state database does not answer: free rungs go on
    ├── QuotaExceeded           a limit is reached: `retry_at` says when there is room
    │   └── BudgetExhausted     no more money: free rungs go on
    ├── PriceUnknown            nobody knows what this model costs: do not call it
    ├── EvaluationError         the evaluation's files are wrong: mend them
    └── ProviderError           a model or embedding service failed
        ├── ProviderUnavailable     it may work later: `retry_after_s` says when
        │   ├── ProviderOverloaded  too many ask it now: another provider, and let it rest
        │   └── UnusableAnswer      it answered, and wants its money, but with nothing that is of use
        └── ProviderRefused         it said no to this request: do not retry, another model may say yes
            ├── PromptTooLong       shorten the prompt, or take a model with more room
            ├── ContentRefused      it will not say this: tell the person
            ├── ModelGone           it does not serve this model (any more): the model is off
            └── ProviderDisabled    key or money: the provider is off until somebody mends it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Self


class RagError(Exception):
    """The root of the tree: catching it catches what ragbot raises on purpose, and nothing else."""


@dataclass(frozen=True, slots=True)
class ConfigurationProblem:
    """One thing that is wrong in a configuration file.

    Attributes:
        file: The file, or the name of the environment for a variable.
        line: 1-based line, `None` where there is none (a missing file, an environment variable).
        key: Dotted path of the key, such as `routing.cost_limits.daily_budget`.
        expected: What should have stood there, and the nearest known name where a key is unknown.
    """

    file: str
    line: int | None
    key: str
    expected: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.expected}" if self.key else f"{place}: {self.expected}"


class ConfigurationError(RagError):
    """The configuration is wrong; nothing was started. Carries every problem found, not the first alone."""

    def __init__(self, problems: Sequence[ConfigurationProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class IngestError(RagError):
    """Documents could not be taken in."""


class UnreadableDocument(IngestError):  # noqa: N818 - named for what it is about, as people read it in reports
    """One document cannot be read; the others can."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class IngestBusy(IngestError):  # noqa: N818
    """Another process is ingesting into the same index."""


class IndexMismatch(RagError):  # noqa: N818
    """The index holds vectors of another embedding model or size; vectors of two models are never mixed."""

    def __init__(self, *, recorded: str, configured: str) -> None:
        self.recorded = recorded
        self.configured = configured
        super().__init__(f"the index was embedded with {recorded}, the configuration asks for {configured}")


class IndexUnavailable(RagError):  # noqa: N818
    """The index cannot be opened, read or written."""


class StateUnavailable(RagError):  # noqa: N818
    """The state database does not answer."""


class QuotaExceeded(RagError):  # noqa: N818
    """What is wanted does not fit a limit any more.

    Attributes:
        subject: Whose limit it is: `everything`, `user:ID`, `channel:ID`, `workspace:ID` or `provider:NAME`.
        measure: What is counted in which window, such as `requests_per_minute`.
        limit: Requests, tokens or micro-USD; so are `used` and `held`.
        held: By work under way.
        retry_at: When there will be room, if nobody else takes it; `None`: never, or nobody knows.
        is_held: There would be room now, if work under way held less than it will use; it may come free at any moment.
        retry_after_s: The same in seconds from the refusal on.
    """

    def __init__(
        self,
        *,
        subject: str,
        measure: str,
        limit: int,
        used: int,
        held: int,
        retry_at: datetime | None,
        now: datetime,
        is_held: bool = False,
    ) -> None:
        self.subject = subject
        self.measure = measure
        self.limit = limit
        self.used = used
        self.held = held
        self.retry_at = retry_at
        self.is_held = is_held
        self.retry_after_s = None if retry_at is None else max(0.0, (retry_at - now).total_seconds())
        super().__init__(self._sentence())

    def at(self, moment: datetime) -> Self:
        """The same refusal at another moment."""
        return type(self)(
            subject=self.subject,
            measure=self.measure,
            limit=self.limit,
            used=self.used,
            held=self.held,
            retry_at=self.retry_at,
            now=moment,
            is_held=self.is_held,
        )

    def _sentence(self) -> str:
        return f"{self.subject}: {self.used} used and {self.held} held of {self.limit} {self.measure}"


class BudgetExhausted(QuotaExceeded):
    """What it would cost may not be spent; all amounts are micro-USD."""

    def _sentence(self) -> str:
        used, held, limit = (Decimal(amount) / 1_000_000 for amount in (self.used, self.held, self.limit))
        gone = f"${used:f} spent, ${held:f} held of ${limit:f}"
        return f"the budget {self.measure} of {self.subject} does not allow it: {gone}"


class PriceUnknown(RagError):  # noqa: N818
    """What a call costs cannot be said: the model or its service tier has no price in the catalogue."""


class EvaluationError(RagError):
    """The files of an evaluation are not what they should be; nothing was measured.

    Attributes:
        file: The file, or the folder where it should have been.
        line: 1-based line, `None` where it is about the whole file.
    """

    def __init__(self, problem: str, *, file: Path, line: int | None = None) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}: {problem}" if line is None else f"{file}:{line}: {problem}")


class ProviderError(RagError):
    """A provider's call failed.

    Attributes:
        provider: The provider's name in the configuration.
        status: The HTTP status, `None` where no answer came.
        billable: The request may have reached a model: what it used has to be booked, by estimate if need be.
        retry_after_s: Seconds after which it may work, `None` where nobody named any.
    """

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        status: int | None = None,
        billable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        self.provider = provider
        self.status = status
        self.billable = billable
        self.retry_after_s = retry_after_s
        super().__init__(message)


class ProviderRefused(ProviderError):  # noqa: N818
    """The provider said no for a reason that time does not mend; another model may take the same request."""


class PromptTooLong(ProviderRefused):
    """The prompt does not fit the model's context window."""


class ContentRefused(ProviderRefused):
    """The model, or a filter around it, will not answer this question or not with these passages."""


class ModelGone(ProviderRefused):
    """The provider does not serve this model: retired, misspelt or not for this key."""


class ProviderDisabled(ProviderRefused):
    """No model of this provider will answer before somebody mends it: the key is wrong or the money has run out.

    `retry_after_s` says when it may work by itself (a daily quota).
    """


class ProviderUnavailable(ProviderError):  # noqa: N818
    """The provider may answer later; `retry_after_s` is what it asked to wait."""


class ProviderOverloaded(ProviderUnavailable):
    """The provider turns requests away because too many ask it: asking again at once makes it worse."""


class UnusableAnswer(ProviderUnavailable):
    """The provider reported success, and so wants its money, but what it sent is no use: never asked twice."""
