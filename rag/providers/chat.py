"""What all chat models over HTTP share: one call, streamed or whole, its faults told apart and its use metered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from rag.errors import ProviderError
from rag.ports import Metered, Prompt, TextDelta
from rag.providers.failures import Complaint
from rag.providers.options import ModelOptions


@dataclass(frozen=True, slots=True)
class Finished:
    """All text has come; a stream may still bring the bill.

    Attributes:
        truncated: The output limit ended it.
    """

    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """The model, or a filter around it, will not answer.

    Attributes:
        why: The vendor's word for it, such as `SAFETY`; for the log.
    """

    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A failure that is reported inside an answer which began as a success.

    Attributes:
        status: The HTTP status that it amounts to, where the vendor names one.
    """

    complaint: Complaint
    status: int | None = None


ChatEvent = TextDelta | Metered | Finished | Blocked | Failed


class ChatApi(Protocol):
    """A vendor's chat endpoint; one class of this form is all that a new vendor's file has to bring.

    It is stateless: everything it says of an event or a body stands in that event or body. Of `Metered` events the
    known figures of a later one replace those of an earlier one.

    Attributes:
        official_url: Of the vendor's own servers; empty where the configuration has to name one.
        needs_key: The vendor serves nobody without a key.
        token_margin: What an estimate of the prompt's tokens from its characters is multiplied by to be on the safe
            side.
    """

    official_url: ClassVar[str]
    needs_key: ClassVar[bool]
    token_margin: ClassVar[float]

    def __init__(self, options: ModelOptions) -> None: ...

    def headers(self, api_key: str) -> Mapping[str, str]:
        """Those that carry the key and the API's version; without a key none that carries it."""
        ...

    def path(self, *, streaming: bool) -> str:
        """Where requests go, below the base URL."""
        ...

    def payload(self, prompt: Prompt, *, max_output_tokens: int, streaming: bool) -> Mapping[str, object]:
        """The request's JSON."""
        ...

    def read(self, body: Mapping[str, object]) -> Iterable[ChatEvent]:
        """Read the JSON of a whole answer.

        Raises:
            AttributeError, IndexError, KeyError, TypeError, ValueError: It is not in the vendor's form.
        """
        ...

    def read_event(self, event: Mapping[str, object]) -> Iterable[ChatEvent]:
        """Read the JSON of one server-sent event; what is unknown is nothing.

        Raises:
            AttributeError, IndexError, KeyError, TypeError, ValueError: It is not in the vendor's form.
        """
        ...

    def diagnose(self, status: int, complaint: Complaint) -> type[ProviderError] | None:
        """What a failure means where this vendor's words say more than the status; `None`: what the status says."""
        ...
