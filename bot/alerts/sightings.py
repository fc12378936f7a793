"""Troubles as all processes see them together: told once when they begin or change level, and once when they are over.

A trouble is there while any living process sees it. What one sees is compared with the table `alerts`, and whatever
there is to tell goes into the outbox in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from bot.alerts.rules import Seen, Trouble
from bot.messages import Post
from bot.notices import TO_ADMINS, Notice, add, move
from bot.presence import Presence
from rag.ports import Clock, Database, Row, Transaction
from rag.state.timestamps import from_text, to_text

NOTICE_KIND: Final = "alert"
State = Literal["raised", "resolved"]

_COLUMNS = "alert, detail, seers, raised_at, told_at, is_owed, resolved_at"


@dataclass(frozen=True, slots=True)
class OpenTrouble:
    """Something that is wrong now.

    Attributes:
        is_told: Somebody was told of it.
    """

    trouble: Trouble
    since: datetime
    is_told: bool


@dataclass(frozen=True, slots=True)
class _Alert:
    """A row of the table.

    Attributes:
        raised_at: When it came to this level.
        told: When each level was told last.
        known: The level that people know of while it is open.
    """

    trouble: Trouble
    seers: frozenset[str]
    raised_at: datetime
    told: Mapping[int, datetime] = field(default_factory=dict)
    known: int | None = None
    resolved_at: datetime | None = None

    def is_quiet(self, now: datetime, quiet: timedelta) -> bool:
        """Whether its level was told just now."""
        told_at = self.told.get(self.trouble.level)
        # Clocks of several machines differ a little, and one may have been set back.
        return told_at is not None and abs(now - told_at) < quiet


class Sightings:
    """The table `alerts`.

    Args:
        quiet: What was told is not told again for so long.
    """

    def __init__(self, database: Database, presence: Presence, clock: Clock, quiet: timedelta) -> None:
        self._database = database
        self._presence = presence
        self._clock = clock
        self._quiet = quiet

    async def move(self, admins: Post) -> None:
        """Have what waits for the admins told in this place.

        Raises:
            StateUnavailable: Nobody knows.
        """
        await move(self._database, self._presence, self._clock, admins)

    async def report(self, seen: Seen, admins: Post | None, also: Sequence[Post] = ()) -> None:
        """Take in what this process sees, and have told to the admins and in other places what there is to tell.

        Raises:
            StateUnavailable: Nothing was changed.
        """
        rows = await self._database.fetch("SELECT alert, seers FROM alerts WHERE resolved_at IS NULL")
        if not (rows or seen.troubles):
            return
        me = await self._presence.name()
        # Who is gone matters only for what this process does not see itself.
        doubted = [str(seers) for alert, seers in rows if alert not in seen.troubles and alert not in seen.unknown]
        others = {name for seers in doubted for name in json.loads(seers)} - {me}
        gone = {name for name in others if await self._presence.is_gone(name)}
        posts = {} if admins is None else {TO_ADMINS: admins}
        posts |= {f">{post}": post for post in also}
        work = _Report(seen, posts, me, gone, self._clock.now(), self._quiet)
        await self._database.transact(work.run)

    async def open_troubles(self) -> tuple[OpenTrouble, ...]:
        """What is wrong now, what has been so longest first.

        Raises:
            StateUnavailable: Nobody knows.
        """
        rows = await self._database.fetch(
            f"SELECT {_COLUMNS} FROM alerts WHERE resolved_at IS NULL ORDER BY raised_at, alert"  # noqa: S608
        )
        alerts = map(_alert, rows)
        return tuple(OpenTrouble(alert.trouble, alert.raised_at, alert.known is not None) for alert in alerts)

    async def tidy(self, before: datetime) -> None:
        """Drop what was over before this time, but for what must not be told again yet.

        Raises:
            StateUnavailable: It cannot be done.
        """
        kept = min(before, self._clock.now() - self._quiet)
        await self._database.fetch("DELETE FROM alerts WHERE resolved_at < $1", to_text(kept))


@dataclass(frozen=True, slots=True)
class _Report:
    """What one process sees, on its way into the table.

    Attributes:
        posts: Where it is told, by how the ids of notices for there end.
        gone: Processes that see nothing any more.
    """

    seen: Seen
    posts: Mapping[str, Post]
    me: str
    gone: AbstractSet[str]
    now: datetime
    quiet: timedelta

    def run(self, transaction: Transaction) -> None:
        known = {alert.trouble.key: alert for alert in map(_alert, self._rows(transaction))}
        for key, trouble in self.seen.troubles.items():
            alert = self._told(transaction, self._seen(trouble, known.get(key)))
            if alert != known.get(key):  # some are there for weeks, and nothing about them changes
                _write(transaction, alert)
        for key in sorted(known.keys() - self.seen.troubles.keys() - self.seen.unknown):
            alert = known[key]
            if left := alert.seers - self.gone - {self.me}:
                if left != alert.seers:
                    _write(transaction, replace(alert, seers=left))
            else:
                _write(transaction, self._ended(transaction, alert))

    def _rows(self, transaction: Transaction) -> list[Row]:
        keys = sorted(self.seen.troubles)
        named = f" OR alert IN ({', '.join(f'${n}' for n in range(1, len(keys) + 1))})" if keys else ""
        return transaction.fetch(f"SELECT {_COLUMNS} FROM alerts WHERE resolved_at IS NULL{named}", *keys)  # noqa: S608

    def _seen(self, trouble: Trouble, known: _Alert | None) -> _Alert:
        if known is None:
            return _Alert(trouble, frozenset({self.me}), self.now)
        if known.resolved_at is not None:
            return replace(known, trouble=trouble, seers=frozenset({self.me}), raised_at=self.now, resolved_at=None)
        since = known.raised_at if trouble.level == known.trouble.level else self.now
        return replace(known, trouble=trouble, seers=known.seers | {self.me}, raised_at=since)

    def _told(self, transaction: Transaction, alert: _Alert) -> _Alert:
        level = alert.trouble.level
        if alert.known == level or alert.is_quiet(self.now, self.quiet) or not self.posts:
            return alert
        self._tell(transaction, alert, "raised")
        return replace(alert, told={**alert.told, level: self.now}, known=level)

    def _ended(self, transaction: Transaction, alert: _Alert) -> _Alert:
        ended = replace(alert, seers=frozenset(), known=None, resolved_at=self.now)
        ends_at = alert.trouble.ends_at
        if alert.known is None or not self.posts or (ends_at is not None and self.now >= ends_at):
            return ended
        self._tell(transaction, alert, "resolved")
        # Whoever was told that it is over is not told of less again so soon, but of worse.
        return replace(ended, told={**alert.told, **dict.fromkeys(range(alert.known + 1), self.now)})

    def _tell(self, transaction: Transaction, alert: _Alert, state: State) -> None:
        trouble = alert.trouble
        payload = {
            "alert": trouble.key,
            "kind": trouble.kind,
            "state": state,
            "values": dict(trouble.values),
            "since": to_text(alert.raised_at),
            "at": to_text(self.now),
        }
        for end, post in self.posts.items():
            name = f"{NOTICE_KIND}:{trouble.key}:{to_text(self.now)}:{state}{end}"
            add(transaction, Notice(name, f"{NOTICE_KIND}:{trouble.key}", NOTICE_KIND, payload, post), self.now)


def _write(transaction: Transaction, alert: _Alert) -> None:
    trouble = alert.trouble
    detail = {
        "kind": trouble.kind,
        "values": dict(trouble.values),
        "ends_at": _text(trouble.ends_at),
        "level": trouble.level,
        "told": {str(level): to_text(at) for level, at in alert.told.items()},
        "known": alert.known,
    }
    transaction.fetch(
        f"INSERT INTO alerts ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"  # noqa: S608
        " ON CONFLICT (alert) DO UPDATE SET detail = excluded.detail, seers = excluded.seers,"
        " raised_at = excluded.raised_at, told_at = excluded.told_at, is_owed = excluded.is_owed,"
        " resolved_at = excluded.resolved_at",
        trouble.key,
        json.dumps(detail),
        json.dumps(sorted(alert.seers)),
        to_text(alert.raised_at),
        _text(max(alert.told.values(), default=None)),
        int(alert.known is not None),
        _text(alert.resolved_at),
    )


def _alert(row: Row) -> _Alert:
    key, detail, seers, raised_at, told_at, is_owed, resolved_at = row
    written = json.loads(str(detail))
    # A row from before there were levels has one.
    told = written.get("told", {} if told_at is None else {"0": told_at})
    return _Alert(
        Trouble(str(key), written["kind"], written["values"], _time(written["ends_at"]), written.get("level", 0)),
        frozenset(json.loads(str(seers))),
        from_text(raised_at),
        {int(level): from_text(at) for level, at in told.items()},
        written.get("known", 0) if is_owed else None,
        _time(resolved_at),
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else to_text(time)


def _time(text: object) -> datetime | None:
    return None if text is None else from_text(text)
