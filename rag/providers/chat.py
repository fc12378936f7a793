"""What all chat models over HTTP share: one call, streamed or whole, its faults told apart and its use metered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from rag.errors import ContentRefused, ProviderError
from rag.model import TokenUsage
from rag.ports import AnswerEvent, AnswerRequest, Completion, Metered, Prompt, TextDelta
from rag.providers.failures import Complaint
from rag.providers.options import ModelOptions
from rag.providers.request import Request

if TYPE_CHECKING:
    from rag.providers.http import ApiClient
    from rag.providers.incoming import Incoming

# How reading JSON that is not in the promised form fails.
_FOREIGN_FORM = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_NO_BILL = Metered(TokenUsage())


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
Read = Callable[[Mapping[str, object]], Iterable[ChatEvent]]


class ChatApi(Protocol):
    """A vendor's chat endpoint; one class of this form is all that a new vendor's file has to bring.

    It is stateless: everything it says of an event or a body stands in that event or body. Of `Metered` events, which
    tell only what `count` lets pass, the known figures of a later one replace those of an earlier one.

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

        `TextDelta("")` is a sign of life: thinking that goes on between two pieces of text.

        Raises:
            AttributeError, IndexError, KeyError, TypeError, ValueError: It is not in the vendor's form.
        """
        ...

    def diagnose(self, status: int, complaint: Complaint) -> type[ProviderError] | None:
        """What a failure means where this vendor's words say more than the status; `None`: what the status says."""
        ...


class ChatModel:
    """`Provider` for one model: what its vendor's `ChatApi` says, over its provider's `ApiClient`.

    Nothing is tried twice: that is the router's business.
    """

    def __init__(self, client: ApiClient, api: ChatApi, *, model: str, streaming: bool) -> None:
        self._client = client
        self._api = api
        self._model = model
        self._streaming = streaming

    @property
    def name(self) -> str:
        """The provider's, as in the configuration."""
        return self._client.provider

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        """Yield text as it comes, `Metered` whenever more of the bill is known, then one `Completion`.

        Raises:
            UnusableAnswer: It said nothing that a reader could see, or nothing that can be read.
            ContentRefused: It, or a filter around it, will not answer.
            ProviderError: It failed, before or after some text.
        """
        async with self._client.open(self._wire_request(request)) as incoming:
            reading = _Reading(incoming, self._api.read if incoming.is_whole else self._api.read_event)
            try:
                while (texts := await incoming.texts()) is not None:
                    for text in texts:
                        for told in reading.told(text):
                            yield told
            except ProviderError:
                # Whatever goes wrong behind the last word costs a part of the bill at most.
                if reading.ended is None:
                    raise
            finished = reading.end()
        model = reading.bill.model or self._model
        yield Completion(provider=self.name, model=model, truncated=finished.truncated)

    def _wire_request(self, request: AnswerRequest) -> Request:
        api, streaming = self._api, self._streaming
        payload = api.payload(request.prompt, max_output_tokens=request.max_output_tokens, streaming=streaming)
        return Request(api.path(streaming=streaming), payload, self._model, api.headers, api.diagnose, streaming)


@dataclass(slots=True)
class _Reading:
    """What is known of an answer while it comes in.

    Attributes:
        read: The vendor's way with one JSON text of it.
        ended: How, once that is known; it is told when the bill is there too.
    """

    incoming: Incoming
    read: Read
    bill: Metered = _NO_BILL
    ended: Finished | ContentRefused | None = None
    seen: bool = False

    def told(self, text: bytes | str) -> Iterator[TextDelta | Metered]:
        """Take in one JSON text and yield what of it is for the caller.

        Raises:
            UnusableAnswer: It cannot be read.
            ProviderError: It reports a failure, whose bill is not waited for: somebody else could answer meanwhile.
        """
        for event in _read(self.incoming, self.read, text):
            match event:
                case TextDelta():
                    yield from self._said(event)
                case Metered():
                    yield from self._billed(event)
                case Finished():
                    self._end(event)
                case Blocked(why):
                    self._end(self.incoming.refused(why))
                case Failed(complaint, status):
                    raise self.incoming.failure(complaint, status)

    def end(self) -> Finished:
        """How the answer ended.

        Raises:
            ContentRefused: In a refusal.
            ProviderUnavailable: It did not.
            UnusableAnswer: There is nothing in it for a reader: thinking ate up the output limit, for one.
        """
        if isinstance(self.ended, ContentRefused):
            raise self.ended
        if self.ended is None:
            raise self.incoming.cut("without an end")
        if not self.seen:
            raise self.incoming.unusable("nothing to read")
        return self.ended

    def _said(self, delta: TextDelta) -> tuple[TextDelta, ...]:
        if isinstance(self.ended, ContentRefused):
            return ()
        self.seen = self.seen or bool(delta.text.strip())
        if self.seen:
            self.incoming.patience.progressed()
        return (delta,) if delta.text else ()

    def _billed(self, bill: Metered) -> tuple[Metered, ...]:
        before, self.bill = self.bill, merged(self.bill, bill)
        return () if self.bill == before else (self.bill,)

    def _end(self, how: Finished | ContentRefused) -> None:
        self.ended = self.ended or how
        self.incoming.patience.all_said()


def merged(earlier: Metered, later: Metered) -> Metered:
    """Both bills in one: what the later one knows replaces what the earlier one said."""
    old, new = earlier.tokens, later.tokens
    tokens = TokenUsage(
        input=_known(new.input, old.input),
        output=_known(new.output, old.output),
        cached_input=_known(new.cached_input, old.cached_input),
        cache_write=_known(new.cache_write, old.cache_write),
        cache_write_long=_known(new.cache_write_long, old.cache_write_long),
        thinking=_known(new.thinking, old.thinking),
    )
    return Metered(tokens, model=later.model or earlier.model, tier=later.tier or earlier.tier)


def _known(later: int | None, earlier: int | None) -> int | None:
    return earlier if later is None else later


def _read(incoming: Incoming, read: Read, data: bytes | str) -> list[ChatEvent]:
    """The events in one JSON text; an `error` in it is a failure, wherever the vendor promises one or does not."""
    body = incoming.parsed(data)
    events: list[ChatEvent] = []
    foreign: Exception | None = None
    try:
        events.extend(read(body))
    except _FOREIGN_FORM as error:
        foreign = error
    if body.get("error") and not any(isinstance(event, Failed) for event in events):
        events.append(Failed(Complaint.read(body)))
    elif foreign is not None:
        raise incoming.unusable("JSON of an unknown form") from foreign
    return events
