"""What the commands of money show and change, over real books on every database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.access import Access, Admins
from bot.messages import Card, Person
from rag.model import Asker
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import Measure, Need
from rag.quota.windows import Window
from tests.fakes.clock import FakeClock
from tests.fakes.room import Room, message
from tests.fakes.scripted_pipeline import ScriptedPipeline
from tests.fakes.spending import expense, spend
from tests.fakes.talk import Talk, open_talk

BOSS = Person(id="BOSS", locale="en", workspace="T1")
CHEFE = Person(id="BOSS", locale="pt-BR", workspace="T1")
ANA = Person(id="U1", locale="en", workspace="T1")
ACCESS = Access(admins=Admins(frozenset({"BOSS"})))
POLICY = QuotaPolicy(
    kinds={
        "everything": {Measure("usd", "month"): 400_000_000},
        "channel": {Measure("requests", "minute"): 30},
        "user": {Measure("usd", "day"): 2_000_000, Measure("requests", "minute"): 10},
    }
)
OTHERS = [f"U{number}" for number in range(2, 15)]


def start(url: str, clock: FakeClock, prefix: str = "ref") -> AbstractAsyncContextManager[Talk]:
    return open_talk(url, ScriptedPipeline(), clock=clock, access=ACCESS, policy=POLICY, prefix=prefix)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 10, 20, 12, tzinfo=UTC))


@pytest.fixture
async def talk(state_url: str, clock: FakeClock) -> AsyncIterator[Talk]:
    """On the 22nd of November; Ana spent something last month, the day before, and today; fourteen people did today."""
    async with start(state_url, clock) as talk:
        books = Books(talk.database, clock, POLICY)
        await spend(books, expense(123_456))
        clock.wind(32 * 86_400)
        await spend(books, expense(40_500))
        clock.wind(86_400)
        await spend(books, expense(1_650_000, task="code_generation", model="dear"))
        await spend(books, expense(7))
        for number, user in enumerate(OTHERS):
            await spend(books, expense(10_000 + 1_117 * number, user=user, model=f"m{number}"))
        await spend(books, expense(333_333, user="U2", channel="C2"))
        yield talk


_ids = iter(range(10**6))


async def told(talk: Talk, text: str, author: Person = BOSS, *, place: str = "C1") -> Card:
    """What one call is answered with."""
    room = Room()
    await talk.conversation.handle(message(text, id=f"m{next(_ids)}", place=place, author=author), room)
    (card,) = room.cards
    return card


def micro_usd(text: str) -> int:
    """`$1.65` in millionths."""
    amount = re.fullmatch(r"\$([\d,.]+)", text.strip())
    assert amount is not None, text
    return int(Decimal(amount[1].replace(",", "")) * 1_000_000)


def headline(card: Card) -> int:
    found = re.search(r"\*\*.*: (\$[\d,.]+)\*\*", card.text)
    assert found is not None, card.text
    return micro_usd(found[1])


def rows(card: Card) -> list[list[str]]:
    lines = [line for line in card.text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


async def limit_of(talk: Talk, resource: str, window: Window, subject: str = "channel:C1") -> int | None:
    """What the books of a process go by; `None` for no limit."""
    standings = await talk.desk.accounts.standing(Asker(user="BOSS", channel="C1", workspace="T1"))
    return next(
        (
            standing.quota.limit
            for standing in standings
            if (str(standing.quota.subject), str(standing.quota.measure)) == (subject, f"{resource}_per_{window}")
        ),
        None,
    )


# What they read is held alike in both databases by the contracts of the books; changes are tried in both.
IN_A_FILE = pytest.mark.parametrize("state_url", ["sqlite"], indirect=True)


@IN_A_FILE
class TestCost:
    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("/cost", "**You, 2026-11-22: $1.650007** for 2 questions."),
            ("/cost today", "**You, 2026-11-22: $1.650007** for 2 questions."),
            ("/cost yesterday", "**You, 2026-11-21: $0.0405** for 1 question."),
            ("/cost week", "**You, 2026-11-16 to 2026-11-22: $1.690507** for 3 questions."),
            ("/cost month", "**You, 2026-11-01 to 2026-11-22: $1.690507** for 3 questions."),
            ("/cost last month", "**You, 2026-10-01 to 2026-10-31: $0.123456** for 1 question."),
            ("/cost last week", "**You, 2026-11-09 to 2026-11-15: $0.00** for 0 questions."),
        ],
    )
    async def test_everybody_sees_their_own_of_each_period(self, talk: Talk, text: str, first: str) -> None:
        card = await told(talk, text, ANA)

        assert card.text.splitlines()[0] == first
        assert card.private

    async def test_is_told_by_task_in_words(self, talk: Talk) -> None:
        card = await told(talk, "/cost by task", ANA)

        assert [row[:2] for row in rows(card)] == [
            ["requests for code", "$1.65"],
            ["questions about facts", "$0.000007"],
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "/cost everything by model month",
            "/cost everything by user",
            "/cost channel by user",
            "/cost workspace by model",
        ],
    )
    async def test_the_table_adds_up_to_the_headline_to_the_last_micro_dollar(self, talk: Talk, text: str) -> None:
        card = await told(talk, text)

        shown = rows(card)
        assert len(shown) == 11
        assert re.fullmatch(r"\d others", shown[-1][0])
        assert sum(micro_usd(cells[1]) for cells in shown) == headline(card) > 0
        assert card.private

    async def test_of_a_channel_has_nothing_of_the_others(self, talk: Talk) -> None:
        here, there = await told(talk, "/cost channel by user"), await told(talk, "/cost channel by user", place="C2")

        assert [cells[:2] for cells in rows(there)] == [["`U2`", "$0.333333"]]
        assert headline(here) + 333_333 == headline(await told(talk, "/cost everything"))

    @pytest.mark.parametrize("text", ["/cost by user", "/cost by channel", "/custo por pessoa"])
    async def test_by_what_is_of_others_is_of_everybody_for_admins(self, talk: Talk, text: str) -> None:
        assert (await told(talk, text)).text.startswith("**Everybody together, 2026-11-22: $")

    async def test_of_one_person_is_for_admins_to_see(self, talk: Talk) -> None:
        assert headline(await told(talk, "/cost <@U1>")) == 1_650_007
        assert headline(await told(talk, "/cost user:U2")) == 343_333

    @pytest.mark.parametrize("text", ["/cost everything", "/cost channel by user", "/cost user:U2", "/cost workspace"])
    async def test_of_others_is_refused_kindly_and_privately_and_nothing_leaks(self, talk: Talk, text: str) -> None:
        card = await told(talk, text, ANA)

        assert card == Card(
            "What others spend and use is for admins to see, so I cannot show you `/cost` like this."
            " Your own figures: `/cost`, `/budget` and `/limits`.",
            private=True,
        )

    async def test_of_everybody_asked_for_in_words_is_their_own_with_a_sentence_unless_they_are_admins(
        self, talk: Talk
    ) -> None:
        mine, all_of_it = [await told(talk, "what did everyone spend this month?", who) for who in (ANA, BOSS)]

        assert mine.text.splitlines()[:2] == [
            "**You, 2026-11-01 to 2026-11-22: $1.690507** for 3 questions.",
            "What others spend is for admins to see; this is your part.",
        ]
        assert "m12" not in mine.text
        assert mine.chart is not None
        assert mine.chart == (await told(talk, "/cost month", ANA)).chart
        assert mine.chart != all_of_it.chart, "a picture tells as much as a table"
        assert all_of_it.text.startswith("**Everybody together, 2026-11-01 to 2026-11-22: $2.")
        assert mine.actions == all_of_it.actions == ("share", "documents")
        assert mine.private
        assert all_of_it.private


class TestBudget:
    async def test_shows_everybody_what_is_left_of_theirs_first(self, talk: Talk) -> None:
        card = await told(talk, "/budget", ANA)

        first, brake, last = card.text.splitlines()
        assert first == "- **You: $0.349993 of $2.00 left today** ($1.650007 spent)"
        assert brake == "  It is nearly used up, so cheaper models come first."
        assert last.startswith("- **Everybody together: $397.")
        assert card.private

    async def test_says_what_is_held_and_when_the_brake_is_on(self, talk: Talk, clock: FakeClock) -> None:
        books = Books(talk.database, clock, POLICY)
        async with books.reserve(Need(micro_usd=100_000), expense(100_000), lease_s=60):
            held = await told(talk, "/budget mine", ANA)
        await spend(books, expense(260_000))
        braked = await told(talk, "/budget mine", ANA)

        assert held.text.startswith(
            "- **You: $0.249993 of $2.00 left today** ($1.650007 spent, $0.10 held for answers under way)\n"
        )
        assert braked.text == (
            "- **You: $0.00 of $2.00 left today** ($1.910007 spent)\n"
            "  The brake is on: no model is asked any more today, unless an admin lifts it."
        )

    async def test_set_holds_in_another_process_within_a_second_and_is_recorded_with_who_and_when(
        self, talk: Talk, state_url: str, clock: FakeClock
    ) -> None:
        async with start(state_url, clock, "two") as two:
            assert await limit_of(two, "usd", "day") is None
            card = await told(talk, "/budget set 5 a day for this channel")
            clock.wind(1)
            assert await limit_of(two, "usd", "day") == 5_000_000
            there = await told(two, "/budget channel")
            told_of = await told(two, "/budget history")

        assert card.text == "This channel: $5.00 a day from now on. To undo: `/budget reset day channel`"
        assert there.text.startswith("- **This channel: $")
        assert told_of.text.splitlines()[0] == "- 2026-11-22 12:00 UTC, **This channel**: $5.00 a day, set by `BOSS`"

    async def test_survives_a_restart(self, state_url: str, clock: FakeClock) -> None:
        async with start(state_url, clock) as before:
            await told(before, "/budget set 5 month everything")
        async with start(state_url, clock, "after") as after:
            assert await limit_of(after, "usd", "month", "everything") == 5_000_000

    @pytest.mark.parametrize("boss", [BOSS, CHEFE], ids=["en", "pt-BR"])
    @pytest.mark.parametrize(
        "before",
        [
            (),
            ("/budget set 5",),
            ("/budget set unlimited",),
            ("/budget set 1.1250",),
            ("/budget lift 20",),
            ("/budget set 5", "/budget lift 20"),
            ("/budget set 5", "/budget lift 20", "/budget lift 0.000001"),
        ],
        ids=" ".join,
    )
    @pytest.mark.parametrize(
        "change", ["/budget set 7", "/budget lift 8", "/budget reset", "/limits set usd_per_day=9"]
    )
    async def test_undone_as_it_is_told_holds_as_before_now_and_on_the_next_day(
        self, state_url: str, clock: FakeClock, boss: Person, before: tuple[str, ...], change: str
    ) -> None:
        async with start(state_url, clock) as talk:
            for text in before:
                await told(talk, text, boss)
                clock.wind(1)
            in_force = await _in_force(talk)
            card = await told(talk, change, boss)
            clock.wind(1)
            for undo in re.findall(r"`(/[^`]+)`", card.text):
                await told(talk, undo, boss)
                clock.wind(1)

            assert await _in_force(talk) == in_force

    async def test_lifted_sinks_back_when_the_day_is_over(self, talk: Talk, clock: FakeClock) -> None:
        await told(talk, "/budget set 5")
        card = await told(talk, "/budget lift 20")
        lifted = await limit_of(talk, "usd", "day")
        clock.wind(86_400)

        assert card.text == (
            "This channel: $20.00 a day until 2026-11-23 00:00 UTC, then what held before."
            " To undo: `/budget set 5 day channel`"
        )
        assert (lifted, await limit_of(talk, "usd", "day")) == (20_000_000, 5_000_000)

    async def test_reset_lets_the_configuration_hold_and_says_so_where_nothing_else_held(self, talk: Talk) -> None:
        await told(talk, "/budget set 5 mine")
        card, again = await told(talk, "/budget reset mine"), await told(talk, "/budget reset mine")

        assert card.text == (
            "You: what is configured for spending a day holds again. To undo: `/budget set 5 day mine`"
        )
        assert again == Card(
            "You: nobody has changed the limit on spending a day while I ran; what is configured holds.", private=True
        )
        assert await limit_of(talk, "usd", "day", "user:BOSS") == 2_000_000

    @pytest.mark.parametrize(
        "text", ["/budget set 500", "/budget lift 500", "/budget reset", "/budget set unlimited mine"]
    )
    async def test_is_changed_by_admins_alone(self, talk: Talk, text: str) -> None:
        await told(talk, "/budget set 5")
        card = await told(talk, text, ANA)

        assert card == Card(
            "Only admins may change that with `/budget`; nothing was changed. Whoever runs me can make you one.",
            private=True,
        )
        assert await limit_of(talk, "usd", "day") == 5_000_000
        assert await _in_force(talk) == [("channel:C1", "usd_per_day", 5_000_000, None)]

    async def test_of_nothing_is_a_budget_too(self, talk: Talk) -> None:
        card = await told(talk, "/budget set 0")

        assert card.text.startswith("This channel: $0.00 a day from now on.")
        assert await limit_of(talk, "usd", "day") == 0

    @pytest.mark.parametrize(
        "text",
        [
            "/budget set",
            "/budget set five",
            "/budget set -5",
            "/budget set R$ 5",
            "/budget set 5 euros",
            "/budget set 1e3",
            "/budget set 1.000",
            "/budget set 99999999999999",
            "/budget lift",
            "/budget 5",
            "/budget reset 5",
            "/budget set 5 everyone <!channel>",
            f"/budget set 5 {'x' * 5_000}",
        ],
    )
    async def test_asked_for_wrongly_changes_nothing_and_shows_what_would_be_right(self, talk: Talk, text: str) -> None:
        card = await told(talk, text)

        assert re.fullmatch(
            r"I did not understand what comes after `/budget`\. Try, for example: `/budget[^`]*`", card.text
        )
        assert card.private
        assert await _in_force(talk) == []


@IN_A_FILE
class TestLimits:
    async def test_show_what_is_used_and_left(self, talk: Talk) -> None:
        await talk.conversation.handle(message("What?", id="q", author=ANA), Room())
        card = await told(talk, "/limits", ANA)

        assert card.private
        assert card.text.splitlines()[0] == "- You: $2.00 a day ($1.650007 used, $0.349993 left)"
        assert "- You: 10 questions a minute (0 used, 10 left)" in card.text.splitlines()
        assert "- This channel: 30 questions a minute (0 used, 30 left)" in card.text.splitlines()

    async def test_show_one_of_them(self, talk: Talk) -> None:
        card = await told(talk, "/limits requests_per_minute mine", ANA)

        assert card.text == "- You: 10 questions a minute (0 used, 10 left)"

    async def test_set_hold_in_another_process_within_a_second_and_after_a_restart(
        self, talk: Talk, state_url: str, clock: FakeClock
    ) -> None:
        async with start(state_url, clock, "two") as two:
            card = await told(talk, "/limits set requests_per_minute=1 for this channel")
            clock.wind(1)
            assert await limit_of(two, "requests", "minute") == 1
        async with start(state_url, clock, "three") as three:
            assert await limit_of(three, "requests", "minute") == 1
            told_of = await told(three, "/limits history")

        assert card.text == (
            "This channel: 1 question a minute from now on. To undo: `/limits reset requests_per_minute channel`"
        )
        assert told_of.text.splitlines()[0] == (
            "- 2026-11-22 12:00 UTC, **This channel**: 1 question a minute, set by `BOSS`"
        )

    @pytest.mark.parametrize(
        ("before", "change"),
        [
            ("/limits set requests_per_minute=7 everything", "/limits set requests_per_minute=3 everything"),
            ("/limits set requests_per_minute=7 everything", "/limits reset requests_per_minute everything"),
            ("/limits set tokens_per_day=unlimited mine", "/limits set tokens_per_day=1 mine"),
            ("/limits set usd_per_request=0.125 mine", "/limits set usd_per_request=1 mine"),
            ("/status", "/limits set usd_per_hour=1 user:*"),
        ],
    )
    async def test_undone_as_it_is_told_hold_as_before(self, talk: Talk, before: str, change: str) -> None:
        await told(talk, before)
        in_force = await _in_force(talk)
        card = await told(talk, change)
        changed = await _in_force(talk)
        (undo,) = re.findall(r"`(/[^`]+)`", card.text)
        await told(talk, undo)

        assert changed != in_force
        assert await _in_force(talk) == in_force

    async def test_of_what_one_question_may_cost_are_set_shown_and_told(self, talk: Talk) -> None:
        card = await told(talk, "/limits set usd_per_request=0.05 mine")

        assert card.text.startswith("You: $0.05 a question from now on.")
        assert "One question may cost $0.05 at most." in (await told(talk, "/limits")).text
        assert "One question may cost $0.05 at most." in (await told(talk, "/budget")).text
        assert "**You**: $0.05 a question, set by `BOSS`" in (await told(talk, "/limits history")).text

    @pytest.mark.parametrize(
        "text",
        [
            "/limits set",
            "/limits set foo=1",
            "/limits set requests_per_minute",
            "/limits set requests_per_minute=-1",
            "/limits set requests_per_minute=1.5",
            "/limits set requests_per_minute=99999999999999",
            "/limits set usd_per_request=1 provider:acme",
            "/limits reset",
            "/limits reset requests_per_minute=1",
            "/limits requests_per_minute=1",
            f"/limits set {'x' * 5_000}=1",
        ],
    )
    async def test_asked_for_wrongly_change_nothing(self, talk: Talk, text: str) -> None:
        card = await told(talk, text)

        assert card.text.startswith("I did not understand what comes after `/limits`. Try, for example: `/limits")
        assert len(card.text) < 200
        assert await _in_force(talk) == []


async def test_thresholds_that_budgets_reached_are_part_of_the_history(talk: Talk) -> None:
    card = await told(talk, "/budget history")

    assert card.text == "- 2026-11-22 12:00 UTC, **`user:U1`**: nearly used up, $1.65 of $2.00 a day"


@pytest.mark.parametrize(
    "text",
    [
        "/budget set 5 user:**x**",
        "/budget set 5 user:`@everyone`",
        "/budget set 5 role:<!channel>",
        "/limits set tokens_per_day=5 channel:[a](https://evil.example)",
        "/cost user:*_~`|x",
        "/cost <@U2>",
    ],
)
async def test_names_are_shown_as_code_in_which_nothing_pings_or_formats(talk: Talk, text: str) -> None:
    await told(talk, text)
    for card in (await told(talk, text), await told(talk, "/budget history")):
        # What is left of the text once its code is taken out, by CommonMark's rule for fences.
        plain = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", card.text)
        assert not set(plain) & set("`@<[~"), plain
        assert "x" not in plain.replace("text", "")


async def test_many_changes_at_once_leave_one_in_force(talk: Talk, state_url: str, clock: FakeClock) -> None:
    async with start(state_url, clock, "two") as two, asyncio.TaskGroup() as group:
        for number in range(1, 9):
            group.create_task(told(talk if number % 2 else two, f"/budget set {number}"))

    assert len(await _in_force(talk)) == 1


async def _in_force(talk: Talk) -> list[tuple[str, str, int | None, datetime | None]]:
    return [
        (change.target, str(change.measure), change.amount, change.expires_at)
        for change in await talk.desk.accounts.in_force()
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise the budget of this channel to $3 a day", "This channel: that would not raise it, $5.00 a day holds."),
        ("reduce the budget of this channel to $50 a day", "This channel: that would not lower it, $5.00 a day holds."),
        ("raise the budget of this channel to $50 a day", "This channel: $50.00 a day from now on."),
        (
            "aumenta o orçamento deste canal para 3 dólares por dia",
            "Este canal: isso não o aumentaria; hoje vale: US$ 5,00",
        ),
    ],
)
async def test_an_order_in_words_that_contradicts_itself_changes_nothing(state_url: str, text: str, told: str) -> None:
    room = Room()
    async with open_talk(state_url, ScriptedPipeline(), access=Access(admins=Admins(frozenset({ANA.id})))) as talk:
        for number, said in enumerate(["/budget set 5 day channel", text]):
            await talk.conversation.handle(message(said, id=str(number)), room)

    assert room.cards[-1].text.startswith(told)
