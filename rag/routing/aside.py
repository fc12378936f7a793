"""A short call beside the answer: one model, one try, and the books know of it whatever becomes of it."""

from __future__ import annotations

import logging
from contextlib import aclosing

from rag.errors import ProviderError, QuotaExceeded, StateUnavailable
from rag.model import Attempt
from rag.ports import Completion, TextDelta
from rag.routing.call import Call, Till
from rag.routing.plan import Judged, Purse

log = logging.getLogger(__name__)


class Aside:
    """A call for something that the answer goes without if it must; made by `Router.aside`.

    Args:
        judged: The model to ask, which can be asked.
        purse: What all calls for the question may cost.
        timeout_s: Longer than this it is not waited for.
    """

    def __init__(self, judged: Judged, purse: Purse, till: Till, *, timeout_s: float) -> None:
        assert judged.upstream is not None, "a model without a provider was passed over"
        assert judged.need is not None, "a model without a price was passed over"
        self._clock = till.clock
        self._timeout_s = timeout_s
        self._call = Call(
            upstream=judged.upstream,
            request=judged.request,
            till=till,
            need=judged.need,
            allotted=purse.allots(judged.need),
            input_tokens=judged.input_tokens,
        )

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The call as it was booked, once it has ended; none where it was not made."""
        return () if self._call.attempt is None else (self._call.attempt,)

    async def text(self) -> str | None:
        """What the model says; `None` where it fails, is late, is cut short, or may not be paid for."""
        text, whole = "", False
        try:
            async with aclosing(self._call.events(self._clock.monotonic() + self._timeout_s)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        text += event.text
                    elif isinstance(event, Completion):
                        whole = not event.truncated
        except (ProviderError, QuotaExceeded, StateUnavailable) as error:
            log.info("%s goes without a model: %s", self._call.request.purpose, error)
            return None
        return text if whole else None
