"""What is told unasked is told once, on every engine, whoever of those who share the database dies."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.access import Access
from bot.choices import Choices
from bot.daily import DailyReport, report_cards
from bot.messages import Card, Locale, Post
from bot.notices import Notice, Notices, NotTold
from bot.presence import Presence
from rag.errors import StateUnavailable
from rag.ports import Database
from rag.state import open_database
from tests.fakes.clock import FakeClock
from tests.fakes.room import Room

ADMINS = Post("room", "C-admins")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


class Refusing(Room):
    """A room that takes nothing while it is shut."""

    is_shut: bool = True
    asked: int = 0

    async def post(self, place: str, card: Card) -> None:
        self.asked += 1
        if self.is_shut:
            raise ConnectionError("the room is shut")
        await super().post(place, card)


@dataclass
class Process:
    """One of several that share a database."""

    database: Database
    presence: Presence
    notices: Notices
    choices: Choices
    clock: FakeClock
    stack: AsyncExitStack

    def report(self, at: time | None = time(9), zone: ZoneInfo = SAO_PAULO) -> DailyReport:
        return DailyReport(self.notices, self.choices, self.clock, at=at, zone=zone)

    async def end(self) -> None:
        """Like its death: nothing is written down, its lock is free."""
        await self.stack.aclose()


async def said(payload: Mapping[str, object]) -> Card:
    return Card(str(payload["says"]))


async def report_of(day: date, locale: Locale) -> Card:
    return Card(f"{locale} {day}")


@dataclass
class Processes:
    url: str
    clock: FakeClock = field(default_factory=FakeClock)
    room: Room = field(default_factory=Room)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self, *, room: Room | None = None, post: Post | None = ADMINS) -> Process:
        stack = AsyncExitStack()
        database = await open_database(self.url, self.clock)
        stack.push_async_callback(database.aclose)
        presence = await stack.enter_async_context(Presence(database))
        cards = {"word": said, "report": report_cards(report_of, "pt-BR")}
        notices = Notices(database, presence, self.clock, cards)
        notices.serve("room", room or self.room)
        self.stack.push_async_callback(stack.aclose)
        choices = Choices(database, self.clock, Access(), post)
        return Process(database, presence, notices, choices, self.clock, stack)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(post.place, post.text) for post in self.room.posts.values()]


@pytest.fixture
async def processes(state_url: str) -> AsyncIterator[Processes]:
    processes = Processes(state_url)
    yield processes
    await processes.stack.aclose()


def word(name: str, says: str = "", *, topic: str = "", post: Post = ADMINS) -> Notice:
    return Notice(name, topic or name, "word", {"says": says or name}, post)


class TestTellingOnce:
    async def test_a_notice_is_posted_in_its_place_by_one_of_those_who_serve_it(self, processes: Processes) -> None:
        one, other = await processes.start(), await processes.start()
        assert await one.notices.add(word("n", "Hello ✓"))

        await asyncio.gather(one.notices.post_due(), other.notices.post_due(), one.notices.post_due())
        await other.notices.post_due()

        assert processes.told == [("C-admins", "Hello ✓")]

    async def test_two_rounds_of_one_process_do_not_post_it_twice(self, processes: Processes) -> None:
        one = await processes.start()
        await one.notices.add(word("n"))
        processes.room.shows.clear()
        first = asyncio.create_task(one.notices.post_due())
        await processes.room.sent.wait()
        second = asyncio.create_task(one.notices.post_due())
        for _ in range(20):
            await one.database.fetch("SELECT 1")
        processes.room.shows.set()
        await asyncio.gather(first, second)
        assert processes.told == [("C-admins", "n")]

    async def test_the_same_notice_of_two_processes_is_told_once_whenever_it_comes(self, processes: Processes) -> None:
        one, other = await processes.start(), await processes.start()
        added = await asyncio.gather(*(process.notices.add(word("n")) for process in (one, other, one)))
        await one.notices.post_due()

        assert sorted(added) == [False, False, True]
        assert not await other.notices.add(word("n"))
        await other.notices.post_due()
        assert processes.told == [("C-admins", "n")]

    async def test_it_waits_for_somebody_who_serves_its_platform(self, processes: Processes) -> None:
        one = await processes.start()
        await one.notices.add(word("n", post=Post("elsewhere", "C1")))
        await one.notices.post_due()
        assert processes.told == []

        one.notices.serve("elsewhere", processes.room)
        await one.notices.post_due()
        assert processes.told == [("C1", "n")]

    async def test_what_is_older_comes_first(self, processes: Processes) -> None:
        one = await processes.start()
        for name in ("b", "a", "c"):
            await one.notices.add(word(name))
            processes.clock.wind(1)
        await one.notices.post_due()
        assert [text for _, text in processes.told] == ["b", "a", "c"]

    async def test_what_tells_itself_gets_the_notice(self, processes: Processes) -> None:
        one = await processes.start()
        told: list[Notice] = []

        async def send(notice: Notice) -> None:
            told.append(notice)

        one.notices.send_by("webhook", send)
        notice = word("n", post=Post("webhook", "alerts"))
        await one.notices.add(notice)
        await one.notices.post_due()
        assert told == [notice]

    async def test_what_was_told_long_ago_or_waits_in_vain_is_dropped_and_nothing_else(
        self, processes: Processes
    ) -> None:
        one = await processes.start()
        nowhere = Post("elsewhere", "C1")
        await one.notices.add(word("told"))
        await one.notices.add(word("waits in vain", post=nowhere))
        await one.notices.post_due()
        processes.clock.wind(60)
        before = processes.clock.now()
        await one.notices.add(word("waits", post=nowhere))
        await one.notices.tidy(before)
        assert await one.database.fetch("SELECT id FROM notices") == [("waits",)]


class TestDeath:
    async def test_what_the_dead_had_in_hand_is_posted_by_another_and_not_before(self, processes: Processes) -> None:
        one, other = await processes.start(), await processes.start()
        await one.notices.add(word("n"))
        processes.room.shows.clear()
        posting = asyncio.create_task(one.notices.post_due())
        await processes.room.sent.wait()
        await other.notices.post_due()
        assert processes.told == []

        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await one.end()
        processes.room.shows.set()
        await other.notices.post_due()
        assert processes.told == [("C-admins", "n")]

    async def test_a_process_that_was_only_interrupted_does_it_itself(self, processes: Processes) -> None:
        one = await processes.start()
        await one.notices.add(word("n"))
        processes.room.shows.clear()
        posting = asyncio.create_task(one.notices.post_due())
        await processes.room.sent.wait()
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)

        processes.room.shows.set()
        await one.notices.post_due()
        assert processes.told == [("C-admins", "n")]

    async def test_what_nobody_had_in_hand_outlives_whoever_wrote_it(self, processes: Processes) -> None:
        one, other = await processes.start(), await processes.start()
        await one.notices.add(word("n"))
        await one.end()
        await other.notices.post_due()
        assert processes.told == [("C-admins", "n")]

    async def test_what_a_process_that_was_killed_had_in_hand_is_posted_by_another(self, processes: Processes) -> None:
        one = await processes.start()
        await one.notices.add(word("n"))
        posting = await create_subprocess_exec(sys.executable, "-c", _POSTING, processes.url, stdout=PIPE)
        try:
            assert posting.stdout is not None
            assert await posting.stdout.readline() == b"in hand\n"
            await one.notices.post_due()
            assert processes.told == []
        finally:
            posting.kill()
            await posting.wait()
        await one.notices.post_due()
        assert processes.told == [("C-admins", "n")]


# Takes what there is to post, and hangs at it.
_POSTING = """
import asyncio, sys
from tests.contracts.test_notices import Processes

async def post():
    processes = Processes(sys.argv[1])
    processes.room.shows.clear()
    posting = asyncio.create_task((await processes.start()).notices.post_due())
    await processes.room.sent.wait()
    print("in hand", flush=True)
    await posting

asyncio.run(post())
"""


class TestRefusal:
    async def test_what_the_platform_refuses_is_tried_again_later_and_longer_each_time(
        self, processes: Processes, caplog: pytest.LogCaptureFixture
    ) -> None:
        room = processes.room = Refusing()
        one = await processes.start()
        await one.notices.add(word("n"))
        await one.notices.post_due()
        await one.notices.post_due()
        assert room.asked == 1
        assert "not told notice=n tries=1 next_in_s=30 error=the room is shut" in caplog.text

        processes.clock.wind(31)
        await one.notices.post_due()
        processes.clock.wind(31)
        await one.notices.post_due()
        assert room.asked == 2

        room.is_shut = False
        processes.clock.wind(31)
        await one.notices.post_due()
        await one.notices.post_due()
        assert processes.told == [("C-admins", "n")]

    async def test_another_process_may_have_more_luck(self, processes: Processes) -> None:
        one, other = await processes.start(room=Refusing()), await processes.start()
        await one.notices.add(word("n"))
        await one.notices.post_due()
        await other.notices.post_due()
        assert processes.told == []
        processes.clock.wind(31)
        await other.notices.post_due()
        assert processes.told == [("C-admins", "n")]

    async def test_it_holds_up_what_comes_after_it_of_the_same_topic_alone(self, processes: Processes) -> None:
        room = processes.room = Refusing()
        one = await processes.start()
        await one.notices.add(word("raised", topic="t"))
        await one.notices.post_due()
        room.is_shut = False
        processes.clock.wind(1)
        await one.notices.add(word("resolved", topic="t"))
        await one.notices.add(word("else"))
        await one.notices.post_due()
        assert [text for _, text in processes.told] == ["else"]
        processes.clock.wind(31)
        await one.notices.post_due()
        assert [text for _, text in processes.told] == ["else", "raised", "resolved"]

    async def test_after_a_day_it_is_given_up_and_holds_up_nothing_any_more(
        self, processes: Processes, caplog: pytest.LogCaptureFixture
    ) -> None:
        room = processes.room = Refusing()
        one = await processes.start()
        await one.notices.add(word("old", topic="t"))
        for _ in range(100):
            await one.notices.post_due()
            processes.clock.wind(15 * 60)
        assert 40 < room.asked < 60
        assert "given up notice=old" in caplog.text

        room.is_shut = False
        await one.notices.add(word("new", topic="t"))
        await one.notices.post_due()
        assert processes.told == [("C-admins", "new")]

    async def test_what_cannot_be_made_is_tried_again_too_and_a_reason_without_a_trace_is_told_so(
        self, processes: Processes, caplog: pytest.LogCaptureFixture
    ) -> None:
        one = await processes.start()

        async def send(_: Notice) -> None:
            raise NotTold("HTTP 500")

        one.notices.send_by("webhook", send)
        await one.notices.add(Notice("odd", "odd", "unheard-of", {}, ADMINS))
        await one.notices.add(word("w", post=Post("webhook", "alerts")))
        await one.notices.post_due()
        told = {record.getMessage().partition(" error=")[0]: record for record in caplog.records}
        assert told["not told notice=odd tries=1 next_in_s=30"].exc_info is not None
        assert told["not told notice=w tries=1 next_in_s=30"].exc_info is None


class TestWithoutTheDatabase:
    async def test_what_was_posted_and_could_not_be_marked_is_not_posted_again(
        self, processes: Processes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = await processes.start()
        await one.notices.add(word("n"))
        transact, fetch = one.database.transact, one.database.fetch

        async def away(*_: object) -> None:
            raise StateUnavailable("away")

        post = processes.room.post

        async def last_post(place: str, card: Card) -> None:
            await post(place, card)
            monkeypatch.setattr(one.database, "transact", away)
            monkeypatch.setattr(one.database, "fetch", away)

        monkeypatch.setattr(processes.room, "post", last_post)
        with pytest.raises(StateUnavailable):
            await one.notices.post_due()
        assert len(processes.told) == 1
        monkeypatch.setattr(one.database, "transact", transact)
        monkeypatch.setattr(one.database, "fetch", fetch)
        await one.notices.post_due()
        assert len(processes.told) == 1
        assert await one.database.fetch("SELECT state FROM notices") == [("posted",)]

    async def test_the_watch_goes_on(self, processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
        one = await processes.start()
        await one.notices.add(word("n"))
        watching = asyncio.create_task(one.notices.watch())
        await processes.room.sent.wait()
        await one.database.aclose()
        while "notices are left for later" not in caplog.text:  # noqa: ASYNC110 - a log sets no event
            await asyncio.sleep(0)
        assert not watching.done()
        watching.cancel()
        assert processes.told == [("C-admins", "n")]

    async def test_one_platform_that_hangs_holds_up_no_other(self, processes: Processes) -> None:
        hanging = Room()
        hanging.shows.clear()
        one = await processes.start(room=hanging)
        one.notices.serve("other", processes.room)
        await one.notices.add(word("hangs"))
        watching = asyncio.create_task(one.notices.watch())
        await hanging.sent.wait()
        await one.notices.add(word("n", post=Post("other", "C1")))
        await processes.room.sent.wait()
        watching.cancel()
        assert hanging.posts == {}


async def _fill(process: Process) -> None:
    old = "2026-11-01T00:00:00.{:06}+00:00"
    await process.database.execute_many(
        "INSERT INTO notices VALUES ($1, $1, 'word', '{}', 'room', 'C', 'posted', '', 0, $2, $2, $2)",
        [(f"old{n}", old.format(n)) for n in range(5_000)],
    )
    if process.database.kind == "postgresql":  # which does so by itself, sooner or later
        await process.database.fetch("ANALYZE")


async def test_no_round_reads_through_what_was_told_before(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await processes.start()
    await _fill(one)
    await one.notices.add(word("n"))
    heard: list[tuple[str, tuple[object, ...]]] = []
    fetch = one.database.fetch

    async def hear(sql: str, *values: object) -> object:
        heard.append((sql, values))
        return await fetch(sql, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(one.database, "fetch", hear)
    await one.notices.post_due()
    explain, reads_all = ("EXPLAIN QUERY PLAN", "SCAN") if one.database.kind == "sqlite" else ("EXPLAIN", "Seq Scan")
    looked = [(sql, values) for sql, values in heard if "FROM notices" in sql]
    assert looked
    for sql, values in looked:
        plan = str(await fetch(f"{explain} {sql}", *values))  # type: ignore[arg-type]
        assert reads_all not in plan.replace("SCAN older", ""), plan


class TestDailyReport:
    async def test_it_is_of_yesterday_at_its_hour_in_the_time_zone_of_the_books_and_once(
        self, processes: Processes
    ) -> None:
        processes.clock = FakeClock(datetime(2026, 11, 30, 11, 59, 59, tzinfo=UTC))  # 8:59:59 in São Paulo
        both = [await processes.start(), await processes.start()]
        reports = [process.report() for process in both]
        for moment in range(3):
            await asyncio.gather(*(report.look() for report in reports))
            await asyncio.gather(*(process.notices.post_due() for process in both))
            assert processes.told == ([("C-admins", "pt-BR 2026-11-29")] if moment else [])
            processes.clock.wind(1)

    async def test_every_day_has_its_own(self, processes: Processes) -> None:
        processes.clock = FakeClock(datetime(2026, 11, 30, 12, 0, tzinfo=UTC))
        one = await processes.start()
        report = one.report()
        for _ in range(3 * 24 * 4):
            await report.look()
            await one.notices.post_due()
            processes.clock.wind(15 * 60)
        assert [text for _, text in processes.told] == [f"pt-BR 2026-{day}" for day in ("11-29", "11-30", "12-01")]

    async def test_one_that_starts_days_later_posts_yesterdays_and_of_those_missed_the_last_alone(
        self, processes: Processes
    ) -> None:
        processes.clock = FakeClock(datetime(2026, 11, 30, 12, 0, tzinfo=UTC))
        first = await processes.start()
        await first.report().look()
        await first.notices.post_due()
        await first.end()
        processes.clock.wind(3 * 86_400 + 8 * 3_600)
        second = await processes.start()
        await second.report().look()
        await second.notices.post_due()
        assert [text for _, text in processes.told] == ["pt-BR 2026-11-29", "pt-BR 2026-12-01", "pt-BR 2026-12-02"]

    async def test_whoever_writes_it_down_and_dies_has_it_posted_by_another(self, processes: Processes) -> None:
        one, other = await processes.start(), await processes.start()
        await one.report(time(0)).look()
        await one.end()
        await other.report(time(0)).look()
        await other.notices.post_due()
        assert processes.told == [("C-admins", "pt-BR 2026-11-21")]

    @pytest.mark.parametrize("at", [None, time(23, 59)])
    async def test_there_is_none_before_its_hour_or_where_none_is_wanted(
        self, processes: Processes, at: time | None
    ) -> None:
        one = await processes.start()
        await one.report(at).look()
        await one.notices.post_due()
        assert processes.told == []

    async def test_there_is_none_without_a_place_nor_of_days_before_it_was_chosen(self, processes: Processes) -> None:
        one = await processes.start(post=None)
        report = one.report(time(0))
        await report.look()
        await one.choices.tell_at("admin", ADMINS)
        for _ in range(2):
            await report.look()
            await one.notices.post_due()
            processes.clock.wind(86_400)
        assert processes.told == [("C-admins", "pt-BR 2026-11-22")]

    async def test_who_moves_the_place_misses_none(self, processes: Processes) -> None:
        one = await processes.start(post=None)
        report = one.report(time(0))
        await one.choices.tell_at("admin", ADMINS)
        processes.clock.wind(86_400)
        await one.choices.tell_at("admin", Post("room", "C2"))
        await report.look()
        await one.notices.post_due()
        assert processes.told == [("C2", "pt-BR 2026-11-22")]

    async def test_who_turned_it_off_and_on_again_is_not_told_of_the_time_between(self, processes: Processes) -> None:
        one = await processes.start()
        report = one.report(time(0))
        await one.choices.tell_at("admin", None)
        processes.clock.wind(86_400)
        await one.choices.tell_at("admin", ADMINS)
        await report.look()
        await one.notices.post_due()
        assert processes.told == []

    @pytest.mark.parametrize(
        ("night", "at", "first"),
        [
            # 2:30 does not exist: 01:59:59 is followed by 03:00.
            (datetime(2027, 3, 28, 0, 0, tzinfo=UTC), time(2, 30), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
            # 2:30 comes twice: the first one counts.
            (datetime(2027, 10, 30, 22, 30, tzinfo=UTC), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        ],
    )
    async def test_daylight_saving_takes_none_and_doubles_none(
        self, processes: Processes, night: datetime, at: time, first: datetime
    ) -> None:
        processes.clock = FakeClock(night)
        one = await processes.start()
        report = one.report(at, ZoneInfo("Europe/Berlin"))
        seen: list[datetime] = []
        for _ in range(10 * 4):
            await report.look()
            await one.notices.post_due()
            seen += [processes.clock.now()] * (len(processes.told) - len(seen))
            processes.clock.wind(15 * 60)
        assert seen == [first]

    async def test_one_whose_hour_passed_while_no_process_ran_is_posted_once_after_midnight(
        self, processes: Processes
    ) -> None:
        processes.clock = FakeClock(datetime(2026, 11, 30, 11, 0, tzinfo=UTC))  # 8:00 in São Paulo
        first = await processes.start()
        await first.report().look()
        await first.end()
        processes.clock.wind(16 * 3_600 + 600)  # ten past midnight
        both = [await processes.start(), await processes.start()]
        reports = [process.report() for process in both]
        for _ in range(2):
            await asyncio.gather(*(report.look() for report in reports))
            await asyncio.gather(*(process.notices.post_due() for process in both))
            assert processes.told == [("C-admins", "pt-BR 2026-11-29")]
            processes.clock.wind(3_600)
        processes.clock.wind(8 * 3_600)
        await reports[0].look()
        await both[1].notices.post_due()
        assert [text for _, text in processes.told] == ["pt-BR 2026-11-29", "pt-BR 2026-11-30"]

    async def test_just_before_midnight_it_is_not_skipped(self, processes: Processes) -> None:
        zone = ZoneInfo("UTC")
        processes.clock = FakeClock(datetime(2026, 11, 29, 23, 59, 41, tzinfo=UTC))
        one = await processes.start()
        report = one.report(time(23, 59, 55), zone)
        for _ in range(3):
            await report.look()
            await one.notices.post_due()
            processes.clock.wind(10)
        assert processes.told == [("C-admins", "pt-BR 2026-11-28")]

    async def test_what_was_posted_is_not_posted_late_once_its_notice_was_dropped(self, processes: Processes) -> None:
        processes.clock = FakeClock(datetime(2026, 11, 30, 11, 0, tzinfo=UTC))
        one = await processes.start()
        report = one.report()
        for _ in range(4):
            await report.look()
            await one.notices.post_due()
            processes.clock.wind(86_400)
            await one.notices.tidy(processes.clock.now())
            assert await one.database.fetch("SELECT 1 FROM notices WHERE state = 'posted'") == []
        assert [text for _, text in processes.told] == [f"pt-BR 2026-{day}" for day in ("11-29", "11-30", "12-01")]

    async def test_what_nobody_wanted_at_its_hour_was_not_missed(self, processes: Processes) -> None:
        processes.clock = FakeClock(datetime(2026, 11, 30, 11, 0, tzinfo=UTC))
        one = await processes.start()
        await one.report().look()
        await one.end()
        processes.clock.wind(60)
        without = await processes.start(post=None)  # another configuration
        await without.report().look()
        await without.end()
        processes.clock.wind(86_400 - 3_600)
        one = await processes.start()
        await one.report().look()
        await one.notices.post_due()
        assert processes.told == []

    @pytest.mark.parametrize("is_chosen", [True, False])
    async def test_what_waits_for_a_place_that_nobody_serves_is_posted_where_that_is_put_right(
        self, processes: Processes, *, is_chosen: bool
    ) -> None:
        wrong = await processes.start(post=Post("rooom", "C-admins"))
        report = wrong.report(time(0))
        await report.look()
        await wrong.notices.post_due()
        assert processes.told == []
        if is_chosen:
            await wrong.choices.tell_at("admin", ADMINS)
            right = wrong
        else:
            await wrong.end()
            right = await processes.start()
            report = right.report(time(0))
        other = await processes.start()
        for _ in range(3):
            processes.clock.wind(10)
            await asyncio.gather(report.look(), other.report(time(0)).look())
            await asyncio.gather(right.notices.post_due(), other.notices.post_due())
        assert processes.told == [("C-admins", "pt-BR 2026-11-21")]

    async def test_what_a_place_refused_moves_without_waiting_any_longer(self, processes: Processes) -> None:
        one = await processes.start()
        shut = Refusing()
        one.notices.serve("shut", shut)
        await one.choices.tell_at("admin", Post("shut", "C1"))
        processes.clock.wind(86_400)
        report = one.report(time(0))
        await report.look()
        await one.notices.post_due()
        assert shut.asked == 1
        await one.choices.tell_at("admin", ADMINS)
        await report.look()
        await one.notices.post_due()
        assert processes.told == [("C-admins", "pt-BR 2026-11-22")]

    async def test_what_is_being_posted_stays_where_it_is(self, processes: Processes) -> None:
        one, other = await processes.start(), await processes.start()
        await one.report(time(0)).look()
        processes.room.shows.clear()
        posting = asyncio.create_task(one.notices.post_due())
        await processes.room.sent.wait()
        await other.choices.tell_at("admin", Post("room", "C2"))
        await other.report(time(0)).look()
        await other.notices.post_due()
        processes.room.shows.set()
        await posting
        await other.notices.post_due()
        assert processes.told == [("C-admins", "pt-BR 2026-11-21")]

    async def test_what_the_dead_had_in_hand_moves(self, processes: Processes) -> None:
        one, other = await processes.start(), await processes.start()
        await one.report(time(0)).look()
        processes.room.shows.clear()
        posting = asyncio.create_task(one.notices.post_due())
        await processes.room.sent.wait()
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await one.end()
        processes.room.shows.set()
        await other.choices.tell_at("admin", Post("room", "C2"))
        await other.report(time(0)).look()
        await other.notices.post_due()
        assert processes.told == [("C2", "pt-BR 2026-11-21")]

    async def test_it_is_looked_for_again_and_again(self, processes: Processes) -> None:
        processes.clock = FakeClock(datetime(2026, 11, 30, 11, 59, 30, tzinfo=UTC))
        one = await processes.start()
        both = [asyncio.create_task(watch) for watch in (one.report().watch(), one.notices.watch())]
        await processes.room.sent.wait()
        for watching in both:
            watching.cancel()
        assert processes.told == [("C-admins", "pt-BR 2026-11-29")]
