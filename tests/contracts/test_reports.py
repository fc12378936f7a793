"""Reports say to the micro-dollar what was booked, and what people asked, on every engine."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bot import feedback as verdicts
from bot.access import Access
from bot.charts import Chart
from bot.feedback import Feedback
from bot.gaps import Gaps, Rated, asked_again, gaps
from bot.journal import Journal, forget
from bot.locales import phrases_in
from bot.messages import Person, Question
from bot.presence import Presence
from bot.reports import report_chart, spending_chart
from bot.terms import Terms
from rag.language import Analyzer
from rag.model import Answer, Asker, RungReason, Task, TokenUsage
from rag.monitoring.advice import Unanswered
from rag.monitoring.forecast import Pace
from rag.monitoring.repeats import LADDER_S, Repeated, Spared
from rag.monitoring.reports import BREAKDOWNS, Braked, Report, Totals, read
from rag.ports import Database
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Measure, Need, Subject
from rag.quota.windows import Period, Span
from rag.state import open_database
from rag.state.timestamps import to_text
from tests.fakes.clock import FakeClock
from tests.fakes.room import ANA, BRUNO, Room, deletion, message, press
from tests.fakes.scripted_pipeline import ScriptedPipeline
from tests.fakes.spending import expense, spend
from tests.fakes.talk import open_talk

EN = phrases_in("en")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
# Noon of a Tuesday there.
NOON = datetime(2026, 11, 24, 15, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HOUR_S, DAY_S = 3_600, 86_400
USD = 1_000_000
EVER = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
_KEYS = {
    "provider": "provider",
    "model": "provider || '/' || model",
    "task": "task",
    "channel": "channel",
    "user": "user_id",
    "rung": "rung",
}


@dataclass
class Office:
    clock: FakeClock
    database: Database
    journal: Journal
    feedback: Feedback
    policy: QuotaPolicy = field(default_factory=lambda: QuotaPolicy(zone=SAO_PAULO))
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _books: Books | None = None

    @property
    def books(self) -> Books:
        if self._books is None:
            self._books = Books(self.database, self.clock, self.policy)
        return self._books

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.books, self.database, self.clock, keep_days=400)

    async def report(self, of: Period = "day", *, on: date | None = None, bands: tuple[int, ...] = ()) -> Report:
        return await read(self.accounts, self.clock, of, on=on, bands=bands)

    async def call(self, micro_usd: int, **changes: object) -> None:
        """A call that was made and paid at this moment."""
        values: dict[str, object] = {
            "purpose": "answer", "provider": "acme", "model": "dear", "asked_model": "dear",
            "tokens": TokenUsage(1_000, 100), "cost_micro_usd": micro_usd, "task": "factual", "outcome": "answered",
            "rung": "fresh", "reference": f"r{next(self._numbers)}", "latency_s": 2.0,
            "asker": Asker(user="U1", channel="C1", workspace="T1"), **changes,
        }  # fmt: skip
        expense = Expense(**values)  # type: ignore[arg-type]
        async with self.books.reserve(Need(micro_usd=micro_usd), expense, lease_s=60) as reservation:
            await reservation.settle(expense)

    async def free(self, rung: str, saved_micro_usd: int = 0) -> None:
        """A question that cost nothing."""
        values: dict[str, object] = {
            "purpose": "answer", "provider": "ragbot", "model": rung, "tokens": TokenUsage(), "cost_micro_usd": 0,
            "task": "factual", "rung": rung, "reference": f"r{next(self._numbers)}", "attempt": 0,
            "asker": Asker(user="U1", channel="C1"), "saved_micro_usd": saved_micro_usd,
        }  # fmt: skip
        self.books.note(Expense(**values))  # type: ignore[arg-type]

    async def ask(
        self,
        text: str,
        *,
        reason: RungReason = "nothing_relevant",
        cost: int = 0,
        author: Person = ANA,
        place: str = "C1",
        thread: str = "",
        task: Task = "factual",
    ) -> Question:
        """A question that was answered so."""
        number = str(next(self._numbers))
        asked = message(text, id=number, author=author, place=place, thread=thread or number)
        taken = await self.journal.take(asked, f"q{number}")
        assert taken is not None
        answer = Answer(
            question=text, text="That.", language="en", citations=(), provider="acme", model="dear", rung="fresh",
            rung_reason=reason, latency_s=1, reference=f"q{number}", task=task, cost_micro_usd=cost,
            refused=reason == "nothing_relevant",
        )  # fmt: skip
        await self.journal.keep(taken.question, "answered", said="That.", answer=answer)
        await self.journal.deliver(taken.question)
        return taken.question

    async def gaps(self) -> Gaps:
        return await gaps(self.database, EVER, Analyzer())

    async def again(self, access: Access | None = None, ttl_s: int = HOUR_S) -> tuple[Repeated, ...]:
        since = self.clock.now() - timedelta(days=30)
        span = Span(since, self.clock.now() + timedelta(seconds=1))
        return await asked_again(self.database, span, access or Access(), {"factual": ttl_s})


@pytest.fixture
async def office(state_url: str) -> AsyncIterator[Office]:
    clock = FakeClock(NOON)
    database = await open_database(state_url, clock)
    async with Presence(database) as presence:
        journal = Journal(database, presence, clock, Terms())
        yield Office(clock, database, journal, Feedback(database, clock))
    await database.aclose()


class TestReport:
    async def test_every_sum_is_the_ledgers_to_the_micro_dollar(self, office: Office) -> None:
        random = Random(7)
        start = office.clock.now() - timedelta(days=20)
        office.clock.wind(-20 * DAY_S)
        for _ in range(150):
            office.clock.wind(random.randrange(1, 6 * HOUR_S))
            model, failed = random.choice(("dear", "cheap")), random.random() < 0.1
            await office.call(
                random.randrange(10_000),
                model=model,
                asked_model=model,
                provider=random.choice(("acme", "other")),
                outcome="unavailable" if failed else "answered",
                task=random.choice(("factual", "quick", None)),
                purpose=random.choice(("answer", "answer", "embedding")),
                rung=random.choice(("fresh", "fallback", None)),
                asker=Asker(user=random.choice(("U1", "U2", "")), channel=random.choice(("C1", ""))),
            )
        for of in ("day", "week", "month"):
            for day in range(25):
                on = (start + timedelta(days=day)).astimezone(SAO_PAULO).date()
                report = await office.report(of, on=on)
                within = to_text(report.span.since), to_text(report.span.until)
                for by in BREAKDOWNS:
                    rows = await office.database.fetch(
                        f"SELECT {_KEYS[by]}, CAST(sum(cost_micro_usd) AS bigint) FROM ledger"
                        f" WHERE at >= $1 AND at < $2 GROUP BY {_KEYS[by]}",
                        *within,
                    )
                    told = {row.key: row.micro_usd for row in report.breakdowns[by]}
                    assert told == {key or None: cost for key, cost in rows}
                    assert sum(told.values()) == report.totals.micro_usd
                in_it = [each.micro_usd for each in report.days if report.first <= each.day <= report.last]
                assert sum(in_it) == report.totals.micro_usd
        assert report.totals.micro_usd > 0

    async def test_it_tells_what_came_from_memory_what_failed_and_what_failed_over(self, office: Office) -> None:
        await office.call(0, outcome="overloaded", reference="one")
        await office.call(700, model="cheap", asked_model="cheap", rung="fallback", reference="one", attempt=2)
        await office.call(300)
        await office.free("cached", saved_micro_usd=450)
        await office.free("extractive")

        report = await office.report()

        assert report.totals == Totals(1_000, 4, 4, 1, 1, 3, 1, 450)
        assert report.totals.hit_rate == 0.25
        assert [(row.key, row.failed, row.calls) for row in report.failures] == [("acme/dear", 1, 2)]

    async def test_before_is_the_whole_period_before(self, office: Office) -> None:
        office.clock.wind(-DAY_S)
        await office.call(5)
        office.clock.wind(DAY_S)
        await office.call(7)

        assert [
            (await office.report()).before.micro_usd,
            (await office.report(on=TODAY - timedelta(1))).totals.micro_usd,
        ] == [5, 5]
        assert (await office.report("month")).before.micro_usd == 0
        assert (await office.report("month", on=date(2026, 12, 5))).before.micro_usd == 12

    async def test_a_day_begins_where_the_budgets_days_do(self, office: Office) -> None:
        office.clock.wind(-13 * HOUR_S)  # two in the morning in UTC, eleven in the evening there
        await office.call(7)
        office.clock.wind(3 * HOUR_S)
        await office.call(5)
        office.clock.wind(10 * HOUR_S)

        report = await office.report()

        assert (report.totals.micro_usd, report.before.micro_usd) == (5, 7)
        assert (report.first, report.last, report.is_over) == (TODAY, TODAY, False)

    async def test_the_fastest_models_come_first(self, office: Office) -> None:
        for seconds in (1.0, 4.0):
            await office.call(1, latency_s=seconds)
        await office.call(1, model="cheap", asked_model="cheap", latency_s=1.5)
        await office.call(1, model="cheap", asked_model="cheap", latency_s=99.0, outcome="unavailable")
        assert (await office.report()).latencies == (("acme/cheap", 1.5), ("acme/dear", 2.5))

    async def test_tokens_are_told_by_day_task_model_and_length_of_the_prompt(self, office: Office) -> None:
        for read_tokens in (900, 1_000, 1_001):
            await office.call(10, tokens=TokenUsage(read_tokens, 100, cached_input=5), model="dear-20260901")
        await office.call(10, task="quick", tokens=TokenUsage(50, 1))
        await office.call(10, outcome="cancelled")
        await office.call(10, purpose="embedding", outcome=None)

        usage = (await office.report(bands=(1_000,))).usage

        told = [(one.task, one.model, one.calls, one.micro_usd, one.tokens.input, one.longest) for one in usage]
        assert told == [
            ("factual", "acme/dear", 2, 20, 1_900, 1_100),
            ("factual", "acme/dear", 1, 10, 1_001, 1_101),
            ("quick", "acme/dear", 1, 10, 50, 51),
        ]
        assert usage[0].tokens == TokenUsage(1_900, 200, 10, 0, 0)
        assert {one.day for one in usage} == {TODAY}

    async def test_of_a_day_two_weeks_are_told_and_of_a_week_or_month_its_own_days(self, office: Office) -> None:
        day, month = await office.report(), await office.report("month")
        assert [each.day for each in day.days] == [TODAY - timedelta(days=n) for n in range(13, -1, -1)]
        assert [each.day for each in month.days] == [date(2026, 11, n) for n in range(1, 25)]
        week, before = await office.report("week"), await office.report("week", on=date(2026, 11, 18))
        assert [each.day for each in week.days] == [date(2026, 11, n) for n in (23, 24)]
        assert (before.days[0].day, before.days[-1].day) == (date(2026, 11, 16), date(2026, 11, 22))

    async def test_an_empty_day_is_empty(self, office: Office) -> None:
        report = await office.report()
        assert report.is_empty
        assert report.forecast is not None
        assert report.forecast.pace == Pace(0, 0)


def spent_in(chart: Chart | None) -> int:
    assert chart is not None
    return sum(sum(part.amounts) for part in chart.series)


class TestChart:
    @pytest.fixture
    async def busy(self, office: Office) -> Office:
        """Every day from the 1st of October to this noon cost something else."""
        start = date(2026, 10, 1)
        office.clock.wind(-(TODAY - start).days * DAY_S)
        for n in range((TODAY - start).days):
            await office.call(1_000_000 + n, model="cheap" if n % 3 else "dear", asked_model="dear")
            office.clock.wind(DAY_S)
        await office.call(1_872)
        return office

    @pytest.mark.parametrize(
        ("of", "on", "labels"),
        [
            ("week", None, ("Nov 23", "Nov 29")),
            ("week", date(2026, 11, 18), ("Nov 16", "Nov 22")),
            ("month", None, ("Nov 01", "Nov 30")),
            ("month", date(2026, 10, 15), ("Oct 01", "Oct 31")),
        ],
    )
    async def test_of_a_week_or_month_is_of_its_days_and_their_sum_is_the_ledgers(
        self, of: Period, on: date | None, labels: tuple[str, str], busy: Office
    ) -> None:
        costs, report = await busy.accounts.costs(of, "model", on=on), await busy.report(of, on=on)

        charts = await spending_chart(busy.accounts, EVERYTHING, EN, of=of, on=on), report_chart(report, EN)

        for chart in charts:
            assert spent_in(chart) == costs.micro_usd == report.totals.micro_usd > 0
            assert chart is not None
            assert (chart.labels[0], chart.labels[-1]) == labels
            assert chart.has_forecast == (on is None)

    @pytest.mark.parametrize(
        ("on", "labels", "title"),
        [
            (None, ("Nov 11", "Dec 01"), "11 Nov – 1 Dec 2026"),
            (date(2026, 11, 23), ("Nov 10", "Nov 23"), "10–23 Nov 2026"),
            (date(2026, 11, 14), ("Nov 01", "Nov 14"), "1–14 Nov 2026"),
        ],
    )
    async def test_of_a_day_is_of_the_two_weeks_that_end_with_it(
        self, on: date | None, labels: tuple[str, str], title: str, busy: Office
    ) -> None:
        made = await spending_chart(busy.accounts, EVERYTHING, EN, on=on), report_chart(await busy.report(on=on), EN)

        for chart in made:
            assert chart is not None
            assert (chart.labels[0], chart.labels[-1]) == labels
            assert chart.title == f"Spending by day and model, {title}"
            assert chart.has_forecast == (on is None)
            assert sum(spent > 0 for spent in chart.spent) == 14

    async def test_what_is_still_to_come_is_the_rest_of_today_and_a_week_or_the_rest_of_what_is_asked_for(
        self, busy: Office
    ) -> None:
        rate = (await busy.report()).forecast
        assert rate is not None
        for of, days in (("day", 7), ("week", 5), ("month", 6)):
            chart = await spending_chart(busy.accounts, EVERYTHING, EN, of=of)  # type: ignore[arg-type]
            assert chart is not None
            assert [each for each in chart.forecast if each] == [
                rate.pace.micro_usd - 1_872, *[rate.pace.micro_usd] * days,
            ]  # fmt: skip
            assert chart == report_chart(await busy.report(of), EN)  # type: ignore[arg-type]

    async def test_what_was_spent_long_ago_is_drawn_and_nothing_is_where_nothing_was_spent(
        self, office: Office
    ) -> None:
        office.clock.wind(-60 * DAY_S)
        await office.call(5)
        office.clock.wind(60 * DAY_S)

        assert spent_in(await spending_chart(office.accounts, EVERYTHING, EN, on=date(2026, 9, 25))) == 5
        assert spent_in(await spending_chart(office.accounts, EVERYTHING, EN, of="month", on=date(2026, 9, 1))) == 5
        for of in ("day", "week", "month"):
            assert await spending_chart(office.accounts, EVERYTHING, EN, of=of) is None  # type: ignore[arg-type]
            later = await spending_chart(office.accounts, EVERYTHING, EN, of=of, on=date(2027, 3, 1))  # type: ignore[arg-type]
            assert later is None

    @pytest.mark.parametrize(
        ("asked", "days"),
        [
            ("today", "9–29 Nov 2026"),
            ("yesterday", "8–21 Nov 2026"),
            ("week", "16–22 Nov 2026"),
            ("last week", "9–15 Nov 2026"),
            ("month", "1–30 Nov 2026"),
            ("last month", None),
        ],
    )
    async def test_in_a_chat_is_of_the_time_that_the_figures_above_it_are_of(
        self, asked: str, days: str | None, state_url: str
    ) -> None:
        clock, room = FakeClock(datetime(2026, 11, 10, 12, tzinfo=UTC)), Room()
        async with open_talk(state_url, ScriptedPipeline(), clock=clock, access=Access()) as talk:
            for _ in range(13):
                await spend(Books(talk.database, clock, QuotaPolicy()), expense(1_234))
                clock.wind(DAY_S)
            clock.wind(-DAY_S)
            await talk.conversation.handle(message(f"/cost {asked}"), room)

        (card,) = room.cards
        if days is None:
            assert "$0.00** for 0 questions" in card.text
            assert card.chart is None
            return
        assert card.chart is not None
        assert card.chart.title == f"Spending by day and model, {days}"
        if "week" in asked or "month" in asked:
            assert f"{EN.usd(spent_in(card.chart))}**" in card.text.splitlines()[0]


class TestAhead:
    async def test_the_month_leads_where_the_last_week_does(self, office: Office) -> None:
        office.policy = QuotaPolicy(
            zone=SAO_PAULO, brake=Decimal("0.9"),
            kinds={"everything": {Measure("usd", "month"): 100 * USD, USD_PER_DAY: 50 * USD}},
        )  # fmt: skip
        office.clock.wind(-25 * DAY_S)
        await office.call(9 * USD)  # in October
        office.clock.wind(15 * DAY_S)
        for _ in range(10):
            await office.call(7 * USD)
            office.clock.wind(DAY_S)
        await office.call(2 * USD)

        for report in (await office.report(), await office.report("month"), await office.report(on=date(2026, 11, 23))):
            assert report.forecast is not None
            assert report.forecast.pace == Pace(7 * USD, 7)
            assert report.forecast.month_micro_usd == (70 + 7 + 6 * 7) * USD
            by_limit = {budget.standing.quota.limit: budget.forecast for budget in report.budgets}
            assert by_limit.keys() == {100 * USD, 50 * USD}
            assert by_limit[50 * USD] is None
            month = by_limit[100 * USD]
            assert month is not None
            assert (month.brake_on, month.limit_on) == (date(2026, 11, 26), date(2026, 11, 28))
            assert month.ends_on == date(2026, 11, 30)

    async def test_what_is_history_leads_nowhere(self, office: Office) -> None:
        report = await office.report(on=date(2026, 11, 20))
        assert (report.forecast, report.budgets) == (None, ())

    async def test_a_channels_own_budget_is_looked_at_with_its_own_spending(self, office: Office) -> None:
        whose = Subject("channel", "C2")
        office.policy = QuotaPolicy(zone=SAO_PAULO, subjects={whose: {Measure("usd", "month"): 10 * USD}})
        office.clock.wind(-2 * DAY_S)
        for channel, amount in (("C2", 4), ("C1", 90), ("C2", 4)):
            await office.call(amount * USD, asker=Asker(channel=channel))
            office.clock.wind(DAY_S)

        (budget,) = (await office.report("month")).budgets

        assert budget.standing.quota.subject == whose
        assert budget.forecast is not None
        # 4 and nothing, then 4 in the day that is not over.
        assert budget.forecast.pace == Pace(2 * USD + 666_667, 3)

    async def test_days_on_which_the_brake_was_hit_are_counted(self, office: Office) -> None:
        office.policy = QuotaPolicy(zone=SAO_PAULO, kinds={"everything": {USD_PER_DAY: 10 * USD}})
        office.clock.wind(-9 * DAY_S)
        for amount in (10, 10, 9, 10, 1):
            await office.call(amount * USD)
            office.clock.wind(2 * DAY_S)
        office.clock.wind(-DAY_S)

        assert (await office.report()).braked == (Braked(EVERYTHING, 10 * USD, 1),)
        assert (await office.report("month")).braked == (Braked(EVERYTHING, 10 * USD, 3),)


class TestGaps:
    async def test_questions_in_vain_come_in_groups_with_how_often_and_by_how_many(self, office: Office) -> None:
        for author in (ANA, ANA, BRUNO):
            await office.ask("How do I set up the VPN on Linux?", author=author)
        await office.ask("set up VPN, Linux", author=replace(ANA, id="U3"))
        await office.ask("Who pays for the trains?")
        await office.ask("Which port?", reason="model_answered")

        found = await office.gaps()

        assert found.in_vain == 5
        assert found.unanswered == (
            Unanswered("How do I set up the VPN on Linux?", 4, 3),
            Unanswered("Who pays for the trains?", 1, 1),
        )

    async def test_of_who_took_it_back_or_is_forgotten_nothing_is_told(self, office: Office) -> None:
        taken_back = await office.ask("Secret of Ana?", author=ANA)
        theirs = await office.ask("Secret of Bruno?", author=BRUNO)
        await office.feedback.give(press("bad", text="Mine."), theirs, "bad")
        await office.feedback.give(press("bad"), taken_back, "bad")
        await office.journal.retract(deletion(taken_back.message_id, thread=taken_back.message_id))
        await forget(office.database, BRUNO.id)
        await verdicts.forget(office.database, BRUNO.id)
        assert await office.gaps() == Gaps()

    async def test_badly_rated_questions_come_with_their_verdicts_and_reasons(self, office: Office) -> None:
        first = await office.ask("Which port does the gateway use?", reason="model_answered")
        second = await office.ask("which port does the gateway use", reason="model_answered")
        good = await office.ask("Who pays?", reason="model_answered")
        for question, author, verdict, why in (
            (first, ANA, "bad", "It is from last year."),
            (first, BRUNO, "good", ""),
            (second, BRUNO, "bad", "Wrong."),
            (good, ANA, "good", ""),
        ):
            office.clock.wind(1)
            await office.feedback.give(press("bad", text=why, author=author), question, verdict)  # type: ignore[arg-type]

        (rated,) = (await office.gaps()).rated

        assert rated.question.casefold().rstrip("?") == "which port does the gateway use"
        assert (rated.bad, rated.good) == (2, 1)
        assert set(rated.reasons) == {"Wrong.", "It is from last year."}

    async def test_only_the_stretch_of_time_counts(self, office: Office) -> None:
        question = await office.ask("Who pays?")
        await office.feedback.give(press("bad"), question, "bad")
        now = office.clock.now()
        before, after = Span(now - timedelta(1), now), Span(now, now + timedelta(1))
        assert await gaps(office.database, before, Analyzer()) == Gaps()
        assert await gaps(office.database, after, Analyzer()) == Gaps(
            1, (Unanswered("Who pays?", 1, 1),), (Rated("Who pays?", 1, 0, ()),)
        )


class TestAskedAgain:
    async def ask_twice(self, office: Office, *texts: str, **more: object) -> None:
        for text in texts:
            await office.ask(text, reason="model_answered", cost=40, **more)  # type: ignore[arg-type]
            office.clock.wind(5 * HOUR_S)

    async def test_what_was_paid_again_after_it_was_forgotten_is_counted(self, office: Office) -> None:
        await self.ask_twice(office, "Órfãos?", "órfãos?", "Another?")
        spared = dict.fromkeys(LADDER_S, Spared(1, 40))
        assert await office.again() == (Repeated("factual", HOUR_S, Spared(1, 40), spared),)

    async def test_not_so_what_cost_nothing_or_was_taken_back(self, office: Office) -> None:
        await office.ask("Which port?", reason="model_answered", cost=40)
        office.clock.wind(5 * HOUR_S)
        await office.ask("Which port?", reason="asked_before", cost=1)  # it was understood by a model
        office.clock.wind(5 * HOUR_S)
        await office.ask("Which port?", reason="model_answered")  # by one that is free
        office.clock.wind(5 * HOUR_S)
        last = await office.ask("Which port?", reason="model_answered", cost=40)
        await office.journal.retract(deletion(last.message_id, thread=last.message_id))
        assert await office.again() == ()

    async def test_nor_what_was_asked_in_the_middle_of_a_conversation(self, office: Office) -> None:
        await office.ask("Hello?", thread="talk")
        await self.ask_twice(office, "Which port?", "Which port?", thread="talk")
        assert await office.again() == ()

    async def test_places_that_may_read_different_things_have_answers_of_their_own(self, office: Office) -> None:
        await self.ask_twice(office, "Which port?", place="C1")
        await self.ask_twice(office, "Which port?", place="C2")
        assert len(await office.again()) == 1
        assert await office.again(Access({"C1": ("all",), "C2": ("few",)})) == ()

    async def test_so_have_members_and_outsiders(self, office: Office) -> None:
        await self.ask_twice(office, "Which port?", author=ANA)
        await self.ask_twice(office, "Which port?", author=replace(ANA, is_outside=True))
        assert await office.again() == ()

    async def test_what_was_asked_up_to_a_week_before_counts_as_asked_before(self, office: Office) -> None:
        await self.ask_twice(office, "Which port?")
        since = office.clock.now()
        await self.ask_twice(office, "Which port?")
        span = Span(since, office.clock.now())
        (again,) = await asked_again(office.database, span, Access(), {"factual": HOUR_S})
        assert again.asked == Spared(1, 40)
