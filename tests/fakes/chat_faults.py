"""What can go wrong with a chat request, the same for every vendor, told in each vendor's own form.

`after` counts the deltas that get through first; what is said in one piece has two, so that 1 is its middle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.fakes.chat_script import Dialect, Draft, Drop, Head, Pause, Scene, Send, Step, Wait, Why, told
from tests.fakes.embedding_server import Reply


class Fault:
    """Nothing goes wrong; each kind says where it differs."""

    def refuse(self, dialect: Dialect) -> Reply | None:
        """What is answered before the request is even read."""
        del dialect

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        """What the model says."""
        del dialect
        return draft

    def spoil(self, scene: Scene) -> Sequence[Step]:
        """What goes over the wire."""
        return scene.steps


@dataclass(frozen=True)
class Refused(Fault):
    """Turned down with the vendor's status, words and headers; without `retry_after_s` no wait is named."""

    why: Why
    retry_after_s: float | None = None

    def refuse(self, dialect: Dialect) -> Reply:
        return dialect.refuse(self.why, self.retry_after_s)


@dataclass(frozen=True)
class Answered(Fault):
    """This, whatever was asked: an error page of a proxy, another vendor's error."""

    reply: Reply

    def refuse(self, dialect: Dialect) -> Reply:
        del dialect
        return self.reply


@dataclass(frozen=True)
class ErrorBody(Fault):
    """HTTP 200, and an error for a body."""

    why: Why = "server_error"

    def refuse(self, dialect: Dialect) -> Reply:
        return Reply(200, dialect.refuse(self.why).body)


@dataclass(frozen=True)
class Hang(Fault):
    """Falls silent, for good or until the event: after so many deltas, or (`None`) before the headers."""

    after: int | None = None
    until: asyncio.Event | None = None

    def spoil(self, scene: Scene) -> Sequence[Step]:
        place = _place(scene.steps, self.after)
        return [*scene.steps[:place], Wait(self.until), *scene.steps[place:]]


@dataclass(frozen=True)
class Cut(Fault):
    """Ends the connection after so many deltas, or (`None`) before the headers."""

    after: int | None = None
    reset: bool = True

    def spoil(self, scene: Scene) -> Sequence[Step]:
        return [*scene.steps[: _place(scene.steps, self.after)], Drop(self.reset)]


@dataclass(frozen=True)
class ErrorEvent(Fault):
    """A stream of HTTP 200 breaks off with an error event; an answer in one piece is one, as with `ErrorBody`."""

    after: int = 0
    why: Why = "overloaded"

    def spoil(self, scene: Scene) -> Sequence[Step]:
        if not scene.draft.streaming:
            return told(Reply(200, scene.dialect.refuse(self.why).body))
        event = Send(scene.dialect.error_event(scene.draft, self.why))
        return [*scene.steps[: _place(scene.steps, self.after)], event]


@dataclass(frozen=True)
class Failed(Fault):
    """OpenAI's Responses say of themselves that they failed; with the others it is an `ErrorEvent`."""

    after: int = 0
    why: Why = "server_error"

    def spoil(self, scene: Scene) -> Sequence[Step]:
        if not scene.draft.streaming:
            return told(Reply(200, scene.dialect.failure(scene.draft, self.why)), output=scene.draft.usage.output)
        said = scene.draft.saying("".join(scene.draft.pieces[: self.after]), "filtered")
        event = Send(scene.dialect.failure_event(said, self.why))
        return [*scene.steps[: _place(scene.steps, self.after)], event]


@dataclass(frozen=True)
class Silent(Fault):
    """HTTP 200 and nothing else: a stream without events, a body without bytes."""

    def spoil(self, scene: Scene) -> Sequence[Step]:
        return [step for step in scene.steps if isinstance(step, Head)]


@dataclass(frozen=True)
class Wordless(Fault):
    """A whole answer of no words."""

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        del dialect
        return draft.saying("", "finished")


@dataclass(frozen=True)
class Malformed(Fault):
    """An event, or the body, is half of a JSON object."""

    after: int = 0

    def spoil(self, scene: Scene) -> Sequence[Step]:
        place = _place(scene.steps, self.after if scene.draft.streaming else 0)
        broken = scene.steps[place]
        assert isinstance(broken, Send)
        half = Send(broken.data[: len(broken.data) // 2] + b"\n\n", broken.output, broken.delta)
        return [*scene.steps[:place], half, *(scene.steps[place + 1 :] if scene.draft.streaming else ())]


@dataclass(frozen=True)
class Unended(Fault):
    """A stream is closed in good order, but without its last events; `events` says how many are missing."""

    events: int = 1

    def spoil(self, scene: Scene) -> Sequence[Step]:
        return scene.steps[: -self.events] if scene.draft.streaming else scene.steps


@dataclass(frozen=True)
class Noisy(Fault):
    """Comments, pings and events of unknown kinds stand between a stream's events."""

    def spoil(self, scene: Scene) -> Sequence[Step]:
        if not scene.draft.streaming:
            return scene.steps
        noise = Send(b"".join(scene.dialect.noise()))
        noisy: list[Step] = []
        for step in scene.steps:
            noisy.extend([noise, step] if isinstance(step, Send) else [step])
        return noisy


@dataclass(frozen=True)
class Shredded(Fault):
    """Everything arrives in pieces of so many bytes: lines and letters are cut in the middle."""

    size: int = 1

    def spoil(self, scene: Scene) -> Sequence[Step]:
        shreds: list[Step] = []
        for step in scene.steps:
            if isinstance(step, Send):
                starts = range(0, len(step.data), self.size)
                shreds += [Send(step.data[start : start + self.size], step.output) for start in starts]
            else:
                shreds.append(step)
        return shreds


@dataclass(frozen=True)
class Drip(Fault):
    """A pause before every delta."""

    seconds: float

    def spoil(self, scene: Scene) -> Sequence[Step]:
        slow: list[Step] = []
        for step in scene.steps:
            slow.extend([Pause(self.seconds), step] if isinstance(step, Send) and step.delta else [step])
        return slow


@dataclass(frozen=True)
class Uncounted(Fault):
    """Nothing is said about tokens; they are charged as ever."""

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        del dialect
        return replace(draft, tells_usage=False)


@dataclass(frozen=True)
class ContentRefused(Fault):
    """The model will not answer, or (`after` some deltas) a filter stops it."""

    after: int = 0

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        if self.after:
            return draft.saying("".join(draft.pieces[: self.after]), "filtered")
        unthought = replace(draft, usage=replace(draft.usage, thinking=0))
        return unthought.saying(dialect.apology, "refused")


@dataclass(frozen=True)
class Truncated(Fault):
    """The output limit ends the answer."""

    after: int = 3

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        del dialect
        return draft.saying("".join(draft.pieces[: self.after]), "truncated")


@dataclass(frozen=True)
class Ended(Fault):
    """The answer ends for a reason in the vendor's own words, such as `RECITATION` or `pause_turn`."""

    words: str
    after: int = 3

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        del dialect
        return draft.saying("".join(draft.pieces[: self.after]), "filtered", self.words)


@dataclass(frozen=True)
class Renamed(Fault):
    """Another model answers than was asked; it is charged, too."""

    model: str

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        del dialect
        return replace(draft, model=self.model)


@dataclass(frozen=True)
class Retiered(Fault):
    """The answer comes from another service tier, and is charged so."""

    tier: str

    def alter(self, draft: Draft, dialect: Dialect) -> Draft:
        del dialect
        return replace(draft, tier=self.tier)


def _place(steps: Sequence[Step], after: int | None) -> int:
    """Where in the steps so many deltas have been sent and no more; at the latest, right after the last one."""
    if after is None:
        return 0
    deltas = [index for index, step in enumerate(steps) if isinstance(step, Send) and step.delta]
    if after < len(deltas):
        return deltas[after]
    return deltas[-1] + 1 if deltas else len(steps)
