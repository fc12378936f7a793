"""What is wrong is told once, and once more when it is over, on every engine, by all processes together."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.access import Access
from bot.alerts import Alerts, alert_cards
from bot.alerts.figures import recent
from bot.alerts.rules import Recent, Seen, Trouble
from bot.alerts.sightings import Sightings
from bot.choices import Choices
from bot.messages import Post
from bot.notices import Notices
from bot.presence import Presence
from bot.terms import AlertRules
from rag.model import Asker, Outcome, ProviderHealth, Purpose, TokenUsage
from rag.ports import Database
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, Measure, Need, Subject
from rag.quota.reached import reached
from rag.routing.catalogue import Notice as ModelNotice
from rag.state import open_database
from tests.fakes.clock import FakeClock
from tests.fakes.room import Room

ADMINS = Post("room", "C-admins")
RULES = AlertRules()
QUIET_S = RULES.quiet.total_seconds()
WINDOW_S = RULES.window.total_seconds()
USD = 1_000_000
USD_PER_MONTH = Measure("usd", "month")
POLICY = QuotaPolicy(
    warn=Decimal("0.80"),
    brake=Decimal("0.95"),
    kinds={
        "everything": {USD_PER_DAY: 25 * USD},
        "channel": {USD_PER_DAY: 10 * USD},
        "workspace": {USD_PER_MONTH: 20 * USD},
        "user": {USD_PER_DAY: 2 * USD},
    },
)


@dataclass
class Models:
    """How models fare in a process."""

    health: Sequence[ProviderHealth] = ()
    news: Sequence[ModelNotice] = ()

    def model_health(self) -> Sequence[ProviderHealth]:
        return self.health

    def model_notices(self) -> Sequence[ModelNotice]:
        return self.news


@dataclass
class Process:
    """One of several that share a database."""

    database: Database
    accounts: Accounts
    books: Books
    alerts: Alerts
    models: Models
    choices: Choices
    notices: Notices
    sightings: Sightings
    stack: AsyncExitStack

    async def look(self) -> None:
        await self.alerts.look()
        await self.notices.post_due()

    async def call(
        self,
        outcome: Outcome | None = "answered",
        *,
        usd: str = "0",
        took_s: float = 1.0,
        reference: str = "r",
        asker: Asker | None = None,
        provider: str = "openai",
        purpose: Purpose = "answer",
    ) -> None:
        """A call to a model, booked."""
        cost = int(Decimal(usd) * USD)
        expense = Expense(
            purpose=purpose,
            provider=provider,
            model="gpt",
            asked_model="gpt",
            tokens=TokenUsage(1, 1),
            cost_micro_usd=cost,
            reference=reference,
            asker=asker or Asker(),
        )
        async with self.books.reserve(Need(micro_usd=cost), expense, lease_s=60) as reservation:
            await reservation.settle(replace(expense, outcome=outcome, latency_s=took_s))

    async def free_answer(self, *, took_s: float, reference: str) -> None:
        tokens = TokenUsage()
        self.books.note(
            Expense(
                purpose="answer",
                provider="ragbot",
                model="cached",
                tokens=tokens,
                cost_micro_usd=0,
                reference=reference,
                latency_s=took_s,
                attempt=0,
            )
        )
        await self.books.flush()

    async def end(self) -> None:
        """Like its death: nothing is written down, its lock is free."""
        await self.stack.aclose()


@dataclass
class Processes:
    url: str
    clock: FakeClock = field(default_factory=FakeClock)
    room: Room = field(default_factory=Room)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(
        self, *, post: Post | None = ADMINS, also: Sequence[Post] = (), policy: QuotaPolicy = POLICY
    ) -> Process:
        stack = AsyncExitStack()
        database = await open_database(self.url, self.clock)
        stack.push_async_callback(database.aclose)
        presence = await stack.enter_async_context(Presence(database))
        self.stack.push_async_callback(stack.aclose)
        books = Books(database, self.clock, policy)
        accounts = Accounts(books, database, self.clock, keep_days=400)
        notices = Notices(database, presence, self.clock, {"alert": alert_cards("en", UTC)})
        notices.serve("room", self.room)
        choices = Choices(database, self.clock, Access(), post)
        models = Models()
        alerts = Alerts(accounts, models, presence, self.clock, choices=choices, rules=RULES, also=also)
        sightings = Sightings(database, presence, self.clock, RULES.quiet)
        return Process(database, accounts, books, alerts, models, choices, notices, sightings, stack)

    async def start_two(self) -> tuple[Process, Process]:
        return await self.start(), await self.start()

    @property
    def told(self) -> list[str]:
        """The first lines of what was posted."""
        return [post.text.partition("\n")[0] for post in self.room.posts.values()]

    @property
    def marks(self) -> str:
        return "".join(text[0] for text in self.told)


@pytest.fixture
async def processes(state_url: str) -> AsyncIterator[Processes]:
    processes = Processes(state_url)
    yield processes
    await processes.stack.aclose()


async def look_all(*several: Process) -> None:
    for _ in range(2):
        await asyncio.gather(*(process.look() for process in several))


OFF = (
    ProviderHealth("openai", "gpt", "off", error_rate=1.0, last_error="HTTP 401: sk-secret"),
    ProviderHealth("openai", "mini", "resting", error_rate=1.0),
    ProviderHealth("gemini", "flash", "ready", error_rate=0.0),
)
ON = (replace(OFF[0], state="ready", error_rate=0.5), *OFF[1:])
UNASKED = tuple(ProviderHealth(model.provider, model.model, "ready") for model in OFF)


class TestBudgets:
    async def test_each_threshold_is_told_once_by_all_processes_together(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        await one.call(usd="19.99")
        await look_all(one, other)
        assert processes.told == []

        await one.call(usd="0.02")
        await look_all(one, other)
        warned = (
            "⚠️ **The budget for everything is nearly used up**: $20.01 of $25.00 is spent today."
            " Cheaper models are asked first now."
        )
        assert processes.told == [warned]

        await other.call(usd="4")
        processes.clock.wind(10)
        await look_all(one, other)
        assert len(processes.told) == 2
        assert processes.told[1].startswith(
            "⚠️ **The budget for everything is used up**: $24.01 of $25.00 is spent today; nothing more is bought until"
        )

    async def test_a_brake_takes_the_place_of_its_warning_and_the_end_is_told_once(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        await one.call(usd="21")
        await look_all(one, other)
        processes.clock.wind(60)
        await one.call(usd="3")
        await look_all(one, other)
        (trouble,) = await one.alerts.open_troubles()
        assert (trouble.trouble.values["threshold"], trouble.since) == ("brake", processes.clock.now())

        processes.clock.wind(12 * 3600)
        await look_all(one, other)
        assert processes.marks == "⚠⚠✅"
        assert processes.told[2] == "✅ **The budget for everything has room again**: a new day has begun."
        assert await one.alerts.open_troubles() == ()

    async def test_a_brake_that_is_reached_at_once_is_one_message(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        await one.call(usd="24")
        await look_all(one, other)
        assert len(processes.told) == 1
        assert "is used up" in processes.told[0]

    async def test_worse_is_told_at_once_and_what_comes_and_goes_is_not(self, processes: Processes) -> None:
        one, other = await processes.start_two()

        async def lift(usd: int, wind: float = 60) -> None:
            await one.accounts.lift("admin", "everything", USD_PER_DAY, usd * USD)
            processes.clock.wind(wind)
            await look_all(one, other)

        await one.call(usd="21")
        await look_all(one, other)
        assert processes.marks == "⚠"
        await lift(100)
        assert processes.marks == "⚠✅"
        await lift(21)
        assert processes.marks == "⚠✅⚠", "it is used up, and nobody was told so"
        assert "is used up" in processes.told[-1]
        for usd in (25, 21, 25, 21):
            await lift(usd)
        assert len(processes.told) == 3, "within the quiet time neither level is told again"
        await lift(25, QUIET_S)
        assert "is nearly used up" in processes.told[-1]
        assert processes.marks == "⚠✅⚠⚠"
        await lift(100)
        assert processes.marks == "⚠✅⚠⚠✅"

    async def test_a_raised_limit_and_a_new_day_are_told_as_the_end_once(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        await one.call(usd="21")
        await look_all(one, other)
        await one.accounts.lift("admin", "everything", USD_PER_DAY, 100 * USD)
        processes.clock.wind(10)
        await look_all(one, other)
        assert processes.told[1:] == ["✅ **The budget for everything has room again**: it was changed."]

        await one.accounts.lift("admin", "everything", USD_PER_DAY, 26 * USD)
        processes.clock.wind(QUIET_S)
        await look_all(one, other)
        processes.clock.wind(12 * 3600)
        await look_all(one, other)
        assert processes.marks == "⚠✅⚠✅"
        assert processes.told[3] == "✅ **The budget for everything has room again**: a new day has begun."
        processes.clock.wind(3 * 86_400)
        await look_all(one, other)
        assert len(processes.told) == 4

    async def test_channels_workspaces_and_providers_are_told_of_and_users_are_not(self, processes: Processes) -> None:
        kinds = {**POLICY.kinds, "everything": {USD_PER_DAY: 100 * USD}}
        policy = replace(POLICY, kinds=kinds, subjects={Subject("provider", "gemini"): {USD_PER_DAY: 5 * USD}})
        one = await processes.start(policy=policy)
        await one.call(usd="1.99", asker=Asker(user="U1"))
        await one.call(usd="8.5", asker=Asker(channel="C`1"))
        await one.call(usd="9", asker=Asker(channel="C2", workspace="T1"))
        await one.call(usd="4.5", provider="gemini", asker=Asker(workspace="T1"))
        await one.call(usd="2.5", asker=Asker(channel="C3", workspace="T1"))
        found = {f"{each.subject} {each.name}" for each in await reached(one.accounts, processes.clock.now())}
        assert found == {"channel:C`1 warn", "channel:C2 warn", "provider:gemini warn", "workspace:T1 warn"}
        await look_all(one)
        assert sorted(text.partition(" is nearly")[0] for text in processes.told) == [
            "⚠️ **The budget for the provider `gemini`",
            "⚠️ **The budget of the channel `C2`",
            "⚠️ **The budget of the channel ``C`1``",
            "⚠️ **The budget of the workspace `T1`",
        ]

    async def test_a_month_is_told_once_a_month(self, processes: Processes) -> None:
        one = await processes.start(policy=replace(POLICY, kinds={"workspace": {USD_PER_MONTH: 20 * USD}}))
        await one.call(usd="16", asker=Asker(workspace="T1"))
        for _ in range(20):
            await look_all(one)
            processes.clock.wind(86_400)
        assert processes.told == [
            (
                "⚠️ **The budget of the workspace `T1` is nearly used up**: $16.00 of $20.00 is spent this month."
                " Cheaper models are asked first now."
            ),
            "✅ **The budget of the workspace `T1` has room again**: a new month has begun.",
        ]

    async def test_a_limit_that_is_lowered_below_what_is_spent_is_told_without_another_call(
        self, processes: Processes
    ) -> None:
        one = await processes.start()
        await one.call(usd="3", asker=Asker(channel="C1"))
        await one.accounts.change("admin", Change("channel:C1", USD_PER_DAY, 3 * USD))
        await one.accounts.change("admin", Change("user:*", USD_PER_DAY, 1))
        await look_all(one)
        assert len([text for text in processes.told if "channel `C1` is used up" in text]) == 1

    async def test_a_budget_of_nothing_is_no_news(self, processes: Processes) -> None:
        one = await processes.start(policy=replace(POLICY, kinds={"everything": {USD_PER_DAY: 0}}))
        await one.call(usd="0")
        await look_all(one)
        assert processes.told == []


class TestRecent:
    async def test_failures_are_counted_over_all_processes(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        for process in (one, other):
            for outcome in ("unavailable", "refused", "cancelled", "content_refused", "prompt_too_long", "answered"):
                await process.call(outcome)
            await process.call(None, purpose="embedding")
        assert await recent(one.database, processes.clock.now(), RULES) == Recent(6, 4, 1, 0)
        processes.clock.wind(WINDOW_S + 1)
        await other.call()
        assert await recent(one.database, processes.clock.now(), RULES) == Recent(1, 0, 1, 0)

    async def test_an_answer_takes_as_long_as_all_its_calls_or_as_it_took_where_no_model_wrote_it(
        self, processes: Processes
    ) -> None:
        one = await processes.start()
        await one.call("unavailable", took_s=20, reference="slow")
        await one.call("answered", took_s=11, reference="slow")
        await one.call("answered", took_s=30, reference="fast")
        await one.call("unavailable", took_s=31, reference="failed and quoted")
        await one.free_answer(took_s=29, reference="failed and quoted")
        await one.free_answer(took_s=31, reference="memory")
        await one.call("cancelled", took_s=300, reference="stopped")
        await one.call("answered", took_s=20, purpose="condensing", reference="condensed")
        await one.call("answered", took_s=20, reference="condensed")
        found = await recent(one.database, processes.clock.now(), RULES)
        assert (found.answers, found.slow) == (5, 3)

    async def test_errors_are_told_once_and_once_when_they_are_over(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        for n in range(3):
            await (one, other)[n % 2].call("unavailable", reference="")
        await look_all(one, other)
        assert processes.told == ["⚠️ **100% of the calls to models fail**: 3 of 3 calls in the last 15 min."]
        processes.clock.wind(WINDOW_S + 1)
        await look_all(one, other)
        assert processes.told[1:] == ["✅ **Calls to models succeed again**: no more than 5% of them fail."]

    async def test_slow_answers_too(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        await one.call(took_s=31)
        await look_all(one, other)
        assert processes.told == ["⚠️ **Answers are slow**: 1 of 1 in the last 15 min took longer than 30 s."]
        for n in range(19):
            await one.call(reference=f"fast{n}")
        await look_all(one, other)
        assert processes.marks == "⚠✅"


class TestProviders:
    async def test_one_that_is_off_is_told_once_though_both_see_it_and_over_when_none_does(
        self, processes: Processes
    ) -> None:
        one, other = await processes.start_two()
        one.models.health = other.models.health = OFF
        await look_all(one, other)
        assert processes.told == [
            (
                "⚠️ **The provider `openai` is off**: it refuses the key, the account or the model (`gpt, mini`),"
                " and I ask others."
            )
        ]
        one.models.health = ON
        await look_all(one, other)
        assert processes.marks == "⚠"
        other.models.health = ON
        await look_all(one, other)
        assert processes.told[1:] == ["✅ **The provider `openai` answers again.**"]

    async def test_who_never_saw_it_does_not_say_that_it_is_over(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        one.models.health, other.models.health = OFF, ON
        await look_all(one, other)
        assert processes.marks == "⚠"

    async def test_once_its_seer_is_gone_another_says_so_when_it_knows(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        one.models.health, other.models.health = OFF, UNASKED
        await look_all(one, other)
        await one.end()
        await look_all(other)
        assert processes.marks == "⚠"
        other.models.health = ON
        await look_all(other)
        assert processes.marks == "⚠✅"

    async def test_no_secret_of_an_error_is_posted(self, processes: Processes) -> None:
        one = await processes.start()
        one.models.health = tuple(replace(model, last_error_at=processes.clock.now()) for model in OFF)
        await look_all(one)
        assert "Its last error was at 2026-11-22 12:00 UTC." in processes.room.last.text
        assert "sk-secret" not in processes.room.last.text


class TestModels:
    async def test_a_model_that_retires_is_told_once_and_on_its_day_that_it_is_gone(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        day = datetime(2026, 11, 25, tzinfo=UTC).date()
        retires = ModelNotice("warning", "retires", "openai/gpt", day, "openai/gpt retires")
        one.models.news = other.models.news = [retires]
        for _ in range(3):
            await look_all(one, other)
            processes.clock.wind(86_400)
        one.models.news = other.models.news = [replace(retires, level="error", kind="gone")]
        await look_all(one, other)
        assert processes.told == [
            "⚠️ **The model `openai/gpt` retires on 2026-11-25**: from then on I cannot ask it.",
            "⚠️ **The model `openai/gpt` is gone** (2026-11-25): I do not ask it any more.",
        ]

    async def test_one_that_is_replaced_in_time_is_in_order(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        day = datetime(2026, 11, 25, tzinfo=UTC).date()
        one.models.news = [ModelNotice("warning", "price_change", "openai/gpt", day, "")]
        await look_all(one, other)
        await one.end()  # the new configuration needs a new start
        await look_all(other)
        assert processes.marks == "⚠✅"


class TestQuietTime:
    async def test_what_comes_and_goes_is_told_again_when_the_quiet_time_is_over_and_it_is_there(
        self, processes: Processes
    ) -> None:
        one, other = await processes.start_two()
        other.models.health = ON
        for _ in range(5):
            for health in (OFF, ON):
                one.models.health = health
                await look_all(one, other)
                processes.clock.wind(60)
        assert processes.marks == "⚠✅"
        one.models.health = OFF
        await look_all(one, other)
        processes.clock.wind(QUIET_S - 9 * 60 - 1)
        await look_all(one, other)
        assert processes.marks == "⚠✅"
        processes.clock.wind(10 * 60)
        await look_all(one, other)
        assert processes.marks == "⚠✅⚠"

    async def test_what_stays_is_not_told_again(self, processes: Processes) -> None:
        one = await processes.start()
        one.models.health = OFF
        for _ in range(5):
            await look_all(one)
            processes.clock.wind(QUIET_S)
        assert processes.marks == "⚠"

    async def test_its_figures_are_those_of_now_and_it_is_as_old_as_it_is(self, processes: Processes) -> None:
        one, other = await processes.start_two()
        began = processes.clock.now()
        await one.call(usd="21")
        await look_all(one, other)
        processes.clock.wind(60)
        await one.call(usd="1")
        await look_all(one, other)
        (trouble,) = await other.alerts.open_troubles()
        assert (trouble.since, trouble.trouble.values["used_micro_usd"]) == (began, 22 * USD)


class TestWhereToTell:
    async def test_without_a_place_what_is_wrong_is_known_and_told_once_there_is_one(
        self, processes: Processes
    ) -> None:
        one, other = await processes.start(post=None), await processes.start(post=None)
        one.models.health = OFF
        await look_all(one, other)
        assert processes.told == []
        (trouble,) = await other.alerts.open_troubles()
        assert (trouble.trouble.key, trouble.since, trouble.is_told) == (
            "provider:openai", processes.clock.now(), False,
        )  # fmt: skip

        await other.choices.tell_at("admin", ADMINS)
        processes.clock.wind(10)
        await look_all(one, other)
        assert processes.marks == "⚠"
        (trouble,) = await other.alerts.open_troubles()
        assert trouble.is_told

    async def test_what_was_never_told_is_not_told_to_be_over(self, processes: Processes) -> None:
        one = await processes.start(post=None)
        one.models.health = OFF
        await look_all(one)
        one.models.health = ON
        await one.choices.tell_at("admin", ADMINS)
        await look_all(one)
        assert processes.told == []
        assert await one.alerts.open_troubles() == ()

    async def test_what_waits_for_a_place_that_nobody_serves_moves_with_the_admins_and_is_told_once(
        self, processes: Processes
    ) -> None:
        webhook = Post("webhook", "alerts")
        one = await processes.start(post=Post("rooom", "C1"), also=[webhook])
        one.models.health = OFF
        await look_all(one)
        assert processes.told == []
        await one.choices.tell_at("admin", ADMINS)
        for _ in range(3):
            processes.clock.wind(10)
            await look_all(one)
        assert [post.place for post in processes.room.posts.values()] == ["C-admins"]
        rows = await one.database.fetch("SELECT platform, place, state FROM notices ORDER BY platform")
        assert rows == [("room", "C-admins", "posted"), ("webhook", "alerts", "waiting")]

    async def test_others_are_told_besides(self, processes: Processes) -> None:
        one = await processes.start(also=[Post("room", "C-also")])
        one.models.health = OFF
        await look_all(one)
        assert sorted(post.place for post in processes.room.posts.values()) == ["C-admins", "C-also"]


async def test_whoever_decides_and_dies_has_it_told_by_another(processes: Processes) -> None:
    one, other = await processes.start_two()
    one.models.health = other.models.health = OFF
    await one.alerts.look()
    await one.end()
    await look_all(other)
    assert processes.marks == "⚠"


async def test_what_is_told_holds_what_figures_are_needed(processes: Processes) -> None:
    one = await processes.start()
    await one.call(usd="21")
    await look_all(one)
    (row,) = await one.database.fetch("SELECT id, payload FROM notices")
    since = "2026-11-22T00:00:00.000000+00:00"
    now = "2026-11-22T12:00:00.000000+00:00"
    assert row[0] == f"alert:budget:everything:usd_per_day:{since}:{now}:raised>admins"
    assert '"used_micro_usd": 21000000' in str(row[1])


async def test_what_is_over_is_dropped_when_it_may_be_told_again(processes: Processes) -> None:
    one = await processes.start()
    one.models.health = OFF
    await look_all(one)
    one.models.health = ON
    await look_all(one)
    processes.clock.wind(60)
    await one.alerts.tidy(processes.clock.now())
    assert len(await one.database.fetch("SELECT 1 FROM alerts")) == 1
    processes.clock.wind(QUIET_S + 1)
    await one.alerts.tidy(processes.clock.now())
    assert await one.database.fetch("SELECT 1 FROM alerts") == []


async def test_they_are_looked_for_again_and_again(processes: Processes) -> None:
    one = await processes.start()
    watching = [asyncio.create_task(watch) for watch in (one.alerts.watch(), one.notices.watch())]
    for _ in range(20):
        await asyncio.sleep(0)
    one.models.health = OFF
    await processes.room.sent.wait()
    for task in watching:
        task.cancel()
    assert processes.marks == "⚠"


async def test_a_look_reads_no_more_of_the_ledger_than_the_last_minutes(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await processes.start()
    await one.call(usd="9", asker=Asker(channel="C1"))
    old = "2026-10-01T00:00:00.{:06}+00:00"
    await one.database.execute_many(
        "INSERT INTO ledger (id, at, purpose, provider, model, input_tokens, cost_micro_usd, estimated, outcome)"
        " VALUES ($1, $2, 'answer', 'openai', 'gpt', 1, 1, 0, 'answered')",
        [(f"old{n}", old.format(n)) for n in range(5_000)],
    )
    await one.database.execute_many(
        "INSERT INTO quota_events VALUES ($1, 'usd_per_day', $2, 'warn', 1, 1, $2, 1)",
        [(f"channel:C{n}", old.format(n)) for n in range(5_000)],
    )
    if one.database.kind == "postgresql":  # which does so by itself, sooner or later
        await one.database.fetch("ANALYZE")
    heard: list[tuple[str, tuple[object, ...]]] = []
    fetch = one.database.fetch

    async def hear(sql: str, *values: object) -> object:
        heard.append((sql, values))
        return await fetch(sql, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(one.database, "fetch", hear)
    await one.alerts.look()
    explain = "EXPLAIN QUERY PLAN" if one.database.kind == "sqlite" else "EXPLAIN"
    reads_all = ("SCAN ledger", "SCAN quota_events", "Seq Scan on ledger", "Seq Scan on quota_events")
    assert 4 < len(heard) < 12
    for sql, values in heard:
        plan = str(await fetch(f"{explain} {sql}", *values))  # type: ignore[arg-type]
        assert not any(words in plan for words in reads_all), plan


TROUBLE = Trouble("t", "error_rate", {"failed": 3, "calls": 3, "window_s": 900, "limit": "0.05"})
SEEN = {"sees": Seen({"t": TROUBLE}), "sees not": Seen({}), "does not know": Seen({}, frozenset({"t"}))}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(SEEN)), st.integers(0, 2)),
        st.tuples(st.just("dies"), st.integers(0, 2)),
        st.tuples(st.just("wind"), st.sampled_from([1, 600, 1_800, 3_599, 3_600, 7_200])),
    ),
    max_size=25,
)


@settings(max_examples=30)
@given(STEPS)
def test_whatever_replicas_see_it_is_told_in_turns_and_never_twice_within_the_quiet_time(
    steps: Sequence[tuple[str, int]],
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            processes = Processes(f"sqlite:///{Path(folder) / 'state.db'}")
            try:
                await _run(processes, steps)
            finally:
                await processes.stack.aclose()

    asyncio.run(run())


async def _run(processes: Processes, steps: Sequence[tuple[str, int]]) -> None:
    replicas: dict[int, Process] = {}
    sees: dict[int, bool] = {}
    told: list[tuple[str, datetime]] = []
    for what, number in steps:
        if what == "wind":
            processes.clock.wind(number)
        elif what == "dies":
            sees.pop(number, None)
            if number in replicas:
                await replicas.pop(number).end()
        else:
            replica = replicas[number] = replicas.get(number) or await processes.start()
            await replica.sightings.report(SEEN[what], ADMINS)
            sees[number] = sees.get(number, False) if what == "does not know" else what == "sees"
            before, told = told, await _told(replica)
            if what == "does not know":
                assert told == before
            last, at = told[-1] if told else ("resolved", datetime.min.replace(tzinfo=UTC))
            if what == "sees" and processes.clock.now() - at >= RULES.quiet:
                assert last == "raised"
            if what == "sees not" and not any(sees.values()):
                assert last == "resolved"
    assert [state for state, _ in told] == ["raised", "resolved"] * (len(told) // 2) + ["raised"] * (len(told) % 2)
    for (_, before), (state, after) in pairwise(told):
        assert state == "resolved" or after - before >= RULES.quiet


async def _told(replica: Process) -> list[tuple[str, datetime]]:
    """What was to be told, and when."""
    rows = await replica.database.fetch("SELECT id, made_at FROM notices ORDER BY made_at, id")
    return [(str(name).partition(">")[0].rpartition(":")[2], datetime.fromisoformat(str(at))) for name, at in rows]
