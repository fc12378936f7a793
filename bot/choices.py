"""What admins choose while the bot runs: which model answers in a place, and where they are told of alerts."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal, cast

from cachetools import TTLCache

from bot.access import Access
from bot.entries import storable
from bot.messages import Post
from rag.errors import StateUnavailable
from rag.model import Pin
from rag.ports import Clock, Database, Transaction
from rag.state.timestamps import from_text, to_text

log = logging.getLogger(__name__)

Kind = Literal["pin", "post"]

# What is chosen holds in every other process within so long.
_REMEMBERED_S: Final = 1.0
_MOST_SHOWN: Final = 100
_EVERYWHERE: Final = ""
_NOWHERE: Final = "never"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice as it was made.

    Attributes:
        who: As the platform calls them; empty where they were forgotten.
        place: Where a pin holds.
        pin: Of a choice of that kind; `None` where what is configured holds again.
        post: Where admins are told; `None` for nowhere.
        is_reset: What is configured holds again.
    """

    at: datetime
    who: str
    kind: Kind
    place: str = ""
    pin: Pin | None = None
    post: Post | None = None
    is_reset: bool = False


class Choices:
    """The table `choices`, over what is configured.

    Args:
        post: Where admins are told as configured.
    """

    def __init__(self, database: Database, clock: Clock, access: Access, post: Post | None = None) -> None:
        self._database = database
        self._clock = clock
        self._access = access
        self._post = post
        self._known: dict[tuple[str, str], str] = {}
        self._fresh = TTLCache[None, bool](1, _REMEMBERED_S, timer=clock.monotonic)

    async def pin_of(self, place: str) -> Pin:
        """What a question from this place asks of its route; as known last while the database is away."""
        if self._access.insists:
            return self._access.pin_of(place)
        chosen = (await self._in_force()).get(("pin", place))
        return self._access.pin_of(place) if chosen is None else Pin(**json.loads(chosen))

    async def post(self) -> Post | None:
        """Where admins are told of alerts and get the daily report; as known last while the database is away."""
        chosen = (await self._in_force()).get(("post", _EVERYWHERE))
        if chosen is None:
            return self._post
        return None if chosen == _NOWHERE else Post.parse(chosen)

    async def pin(self, who: str, place: str, pin: Pin) -> None:
        """Have a model or policy answer in a place, everywhere within a second.

        Raises:
            StateUnavailable: Nothing was changed.
        """
        await self._choose(who, "pin", place, json.dumps(asdict(pin)))

    async def unpin(self, who: str, place: str) -> bool:
        """Let what is configured hold in a place again; returns whether anything else did.

        Raises:
            StateUnavailable: Nothing was changed.
        """
        return await self._choose(who, "pin", place, None)

    async def tell_at(self, who: str, post: Post | None) -> None:
        """Tell admins in this place from now on, or nowhere.

        Raises:
            StateUnavailable: Nothing was changed.
        """
        await self._choose(who, "post", _EVERYWHERE, _NOWHERE if post is None else str(post))

    async def history(self) -> tuple[Chosen, ...]:
        """The last hundred choices, the newest first.

        Raises:
            StateUnavailable: Nobody knows.
        """
        rows = await self._database.fetch(
            "SELECT at, who, kind, place, value FROM choices ORDER BY at DESC, id LIMIT $1", _MOST_SHOWN
        )
        return tuple(
            _chosen(from_text(at), str(who), cast("Kind", kind), str(place), None if value is None else str(value))
            for at, who, kind, place, value in rows
        )

    async def _in_force(self) -> dict[tuple[str, str], str]:
        if None not in self._fresh:
            try:
                rows = await self._database.fetch(
                    "SELECT kind, place, value FROM choices WHERE ended_at IS NULL AND value IS NOT NULL"
                )
            except StateUnavailable as error:
                log.warning("what admins chose is not known now: %s", error)
            else:
                self._known = {(str(kind), str(place)): str(value) for kind, place, value in rows}
            self._fresh[None] = True
        return self._known

    async def _choose(self, who: str, kind: Kind, place: str, value: str | None) -> bool:
        now = to_text(self._clock.now())

        def work(transaction: Transaction) -> bool:
            ended = transaction.fetch(
                "UPDATE choices SET ended_at = $1 WHERE kind = $2 AND place = $3 AND ended_at IS NULL RETURNING id",
                now,
                kind,
                place,
            )
            if value is not None or ended:
                transaction.fetch(
                    "INSERT INTO choices (id, at, who, kind, place, value, ended_at)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    uuid.uuid4().hex,
                    now,
                    storable(who),
                    kind,
                    place,
                    value,
                    now if value is None else None,
                )
            return bool(ended)

        changed = await self._database.transact(work)
        self._fresh.clear()
        return changed


def _chosen(at: datetime, who: str, kind: Kind, place: str, value: str | None) -> Chosen:
    if value is None:
        return Chosen(at, who, kind, place, is_reset=True)
    if kind == "pin":
        return Chosen(at, who, kind, place, pin=Pin(**json.loads(value)))
    return Chosen(at, who, kind, post=None if value == _NOWHERE else Post.parse(value))


async def forget(database: Database, author: str) -> None:
    """Erase who chose; what was chosen holds on.

    Raises:
        StateUnavailable: Nothing was erased.
    """
    await database.fetch("UPDATE choices SET who = '' WHERE who = $1", author)
