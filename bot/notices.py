"""What is told without having been asked for: written down first, then posted by any process that serves the place.

Whoever decides that something is told writes it into the table `notices`, in the transaction of the decision. Its id is
what makes it once, over all processes and restarts. A process takes a notice into its hands, posts it and marks it; if
it dies before, another one does. Only a death between the post and its mark has it posted twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.messages import Card, Post
from bot.ports import Replies
from bot.presence import Presence
from bot.steps import Steps
from rag.errors import StateUnavailable
from rag.ports import Clock, Database, Row, Transaction
from rag.state.timestamps import to_text

log = logging.getLogger(__name__)

TO_ADMINS: Final = ">admins"
"""How the ids of notices end that are for the admins, wherever their place is."""

_NOBODY: Final = ""
_ROUND_S: Final = 5.0
# The first wait after a refusal; each further one is twice as long, up to the longest.
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(minutes=30)
# What is older is no news any more, whether nobody served its place or the place would not take it.
_NEWS: Final = timedelta(days=1)
# Longer than any answer that the terminal has to finish first.
_LONGEST_POST_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told.

    Attributes:
        id: Names what is told and, behind a `>`, to whom; told once.
        topic: Of the notices of one topic in one place, the older comes first.
        kind: Says who makes a card of it.
        payload: As JSON.
    """

    id: str
    topic: str
    kind: str
    payload: Mapping[str, object]
    post: Post


class NotTold(Exception):  # noqa: N818 - named for what happened
    """A notice could not be told; the text says why, and holds no secret."""


Send = Callable[[Notice], Awaitable[None]]
"""Tells a notice in its place; raises where it was not told."""
CardOf = Callable[[Mapping[str, object]], Awaitable[Card]]
"""Makes a card of a payload when it is posted; raises where that cannot be done now."""


def add(transaction: Transaction, notice: Notice, now: datetime) -> bool:
    """Write down that something is to be told; returns whether that is new."""
    rows = transaction.fetch(
        "INSERT INTO notices (id, topic, kind, payload, platform, place, state, owner, tries, made_at, due_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, 0, $8, $8) ON CONFLICT (id) DO NOTHING RETURNING id",
        notice.id,
        notice.topic,
        notice.kind,
        json.dumps(notice.payload),
        notice.post.platform,
        notice.post.place,
        _NOBODY,
        to_text(now),
    )
    return bool(rows)


async def move(database: Database, presence: Presence, clock: Clock, post: Post) -> None:
    """Have what waits for the admins told in this place, wherever it was to be told: nobody may ever serve that.

    What a living process has in its hands stays there: it may be posted at this moment.

    Raises:
        StateUnavailable: Nobody knows.
    """
    elsewhere = f"state = 'waiting' AND id LIKE '%{TO_ADMINS}' AND NOT (platform = $1 AND place = $2)"
    where = post.platform, post.place
    rows = await database.fetch(f"SELECT DISTINCT owner FROM notices WHERE {elsewhere}", *where)  # noqa: S608 - of ours
    owners = [str(owner) for (owner,) in rows]
    free = [owner for owner in owners if owner == _NOBODY or await presence.is_gone(owner)]
    if free:
        named = ", ".join(f"${n}" for n in range(4, len(free) + 4))
        await database.fetch(
            f"UPDATE notices SET platform = $1, place = $2, owner = '{_NOBODY}', tries = 0, due_at = $3"  # noqa: S608
            f" WHERE {elsewhere} AND owner IN ({named})",
            *where,
            to_text(clock.now()),
            *free,
        )


class Notices:
    """The table `notices`.

    Args:
        cards: By the kind of a notice.
    """

    def __init__(self, database: Database, presence: Presence, clock: Clock, cards: Mapping[str, CardOf]) -> None:
        self._database = database
        self._presence = presence
        self._clock = clock
        self._cards = cards
        self._steps = Steps(database)
        self._sends: dict[str, Send] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    @property
    def database(self) -> Database:
        """Where the table is."""
        return self._database

    # Who tells

    def serve(self, platform: str, replies: Replies) -> None:
        """Let this process post what is for a platform."""

        async def send(notice: Notice) -> None:
            await replies.post(notice.post.place, await self._cards[notice.kind](notice.payload))

        self.send_by(platform, send)

    def send_by(self, platform: str, send: Send) -> None:
        """Let this process tell what is for something that shows no cards."""
        self._sends[platform] = send
        self._turns.setdefault(platform, asyncio.Lock())

    # What is told

    async def add(self, notice: Notice) -> bool:
        """Write down that something is to be told; returns whether that is new.

        Raises:
            StateUnavailable: Nobody knows.
        """
        now = self._clock.now()
        return await self._database.transact(lambda transaction: add(transaction, notice, now))

    async def move(self, post: Post) -> None:
        """Have what waits for the admins told in this place, wherever it was to be told.

        Raises:
            StateUnavailable: Nobody knows.
        """
        await move(self._database, self._presence, self._clock, post)

    async def watch(self) -> None:
        """Post what is to be posted, each platform by itself: one that takes long holds up no other; never ends."""
        async with asyncio.TaskGroup() as group:
            while True:
                for platform, turn in tuple(self._turns.items()):
                    if not turn.locked():
                        group.create_task(self._look_after(platform))
                await self._clock.sleep(_ROUND_S)

    async def post_due(self) -> None:
        """Post all that is due on the platforms that this process serves.

        Raises:
            StateUnavailable: Nobody knows what is due.
        """
        for platform in tuple(self._sends):
            await self._post_due(platform)

    async def tidy(self, before: datetime) -> None:
        """Drop what was posted or given up before this time, and what is older and for a place that nobody serves.

        Raises:
            StateUnavailable: It cannot be done.
        """
        await self._database.fetch(
            "DELETE FROM notices WHERE ended_at < $1 OR (state = 'waiting' AND made_at < $1)", to_text(before)
        )

    async def _look_after(self, platform: str) -> None:
        try:
            await self._post_due(platform)
        except StateUnavailable as error:
            log.warning("notices are left for later: %s", error)
        except Exception:  # one thing that goes wrong does not end the bot
            log.exception("notices are left for later")

    async def _post_due(self, platform: str) -> None:
        # One at a time, whoever asks: what this process has in its hands at the start was left there by mistake.
        async with self._turns[platform]:
            while (taken := await self._take(platform)) is not None:
                await self._post(*taken)

    async def _take(self, platform: str) -> tuple[Notice, int] | None:
        """The next notice, now in this process's hands, and how often it was tried; `None` where none is due."""
        await self._steps.catch_up()  # what was posted is not posted again
        me, now = await self._presence.name(), self._clock.now()
        rows = await self._database.fetch(
            "SELECT DISTINCT owner FROM notices WHERE state = 'waiting' AND platform = $1 AND due_at <= $2",
            platform,
            to_text(now),
        )
        owners = [str(owner) for (owner,) in rows]
        free = [owner for owner in owners if owner in {_NOBODY, me} or await self._presence.is_gone(owner)]
        if not free:
            return None
        given_up, row = await self._database.transact(partial(_take, platform=platform, owners=free, heir=me, now=now))
        for notice in given_up:
            log.error("given up notice=%s: it could not be told for a day", notice)
        if row is None:
            return None
        name, topic, kind, payload, place, tries = row
        post = Post(platform, str(place))
        return Notice(str(name), str(topic), str(kind), json.loads(str(payload)), post), int(tries or 0)

    async def _post(self, notice: Notice, tries: int) -> None:
        try:
            async with asyncio.timeout(_LONGEST_POST_S):
                await self._sends[notice.post.platform](notice)
        except Exception as error:  # noqa: BLE001 - whatever a platform says: it is tried again
            await self._refused(notice, tries, error)
        else:
            await self._steps.write(
                "UPDATE notices SET state = 'posted', ended_at = $2 WHERE id = $1 AND state = 'waiting'",
                notice.id,
                to_text(self._clock.now()),
            )

    async def _refused(self, notice: Notice, tries: int, error: Exception) -> None:
        wait = min(_FIRST_WAIT * 2 ** min(tries, 10), _LONGEST_WAIT)
        log.warning(
            "not told notice=%s tries=%d next_in_s=%.0f error=%s",
            notice.id,
            tries + 1,
            wait.total_seconds(),
            error,
            exc_info=None if isinstance(error, NotTold | StateUnavailable) else error,
        )
        await self._steps.write(
            f"UPDATE notices SET owner = '{_NOBODY}', tries = tries + 1, due_at = $3"  # noqa: S608 - of ours
            " WHERE id = $1 AND owner = $2 AND state = 'waiting'",
            notice.id,
            self._presence.known_name,
            to_text(self._clock.now() + wait),
        )


def _take(
    transaction: Transaction, *, platform: str, owners: list[str], heir: str, now: datetime
) -> tuple[list[str], Row | None]:
    """Give up what is too old, and take the next of these owners'."""
    free = f"state = 'waiting' AND platform = $1 AND owner IN ({', '.join(f'${n}' for n in range(3, len(owners) + 3))})"
    old = transaction.fetch(
        f"UPDATE notices SET state = 'given_up', ended_at = ${len(owners) + 3}"  # noqa: S608 - $3, $4 …
        f" WHERE {free} AND made_at < $2 RETURNING id",
        platform,
        to_text(now - _NEWS),
        *owners,
        to_text(now),
    )
    rows = transaction.fetch(
        f"SELECT id, topic, kind, payload, place, tries FROM notices WHERE {free} AND due_at <= $2"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM notices AS older WHERE older.state = 'waiting'"
        " AND older.platform = notices.platform AND older.topic = notices.topic AND older.place = notices.place"
        " AND (older.made_at, older.id) < (notices.made_at, notices.id)) ORDER BY made_at, id LIMIT 1",
        platform,
        to_text(now),
        *owners,
    )
    for row in rows:
        transaction.fetch("UPDATE notices SET owner = $2 WHERE id = $1", row[0], heir)
    return [str(notice) for (notice,) in old], rows[0] if rows else None
