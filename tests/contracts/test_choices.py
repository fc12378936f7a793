"""Which model answers where, as admins choose it while the bot runs, on every database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from bot.access import Access, Admins
from bot.choices import Choices, forget
from bot.messages import Card, Person, Post
from rag.errors import StateUnavailable
from rag.model import NO_PIN, Pin, TaskRoute
from rag.ports import Database
from rag.state import open_database
from tests.fakes.clock import FakeClock
from tests.fakes.room import Room, message
from tests.fakes.scripted_pipeline import ScriptedPipeline
from tests.fakes.talk import Talk, open_talk

CONFIGURED = Pin(model="acme/configured")
LARGE, SMALL, CHEAPEST = Pin(model="acme/large"), Pin(model="acme/small"), Pin(policy="cheapest")
BOSS = Person(id="BOSS", locale="en", workspace="T1")
CHEFE = Person(id="BOSS", locale="pt-BR", workspace="T1")
ANA = Person(id="U1", locale="en", workspace="T1")
ACCESS = Access(pins={"C9": CONFIGURED}, admins=Admins(frozenset({"BOSS"})))
AWAY = "My database does not answer at the moment. Please try again in a minute. Reference: {}."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestChoices:
    @pytest.fixture
    async def database(self, state_url: str, clock: FakeClock) -> AsyncIterator[Database]:
        database = await open_database(state_url, clock)
        yield database
        await database.aclose()

    @pytest.fixture
    async def elsewhere(self, state_url: str, clock: FakeClock) -> AsyncIterator[Choices]:
        """Those of another process."""
        database = await open_database(state_url, clock)
        yield Choices(database, clock, ACCESS, Post("slack", "C5"))
        await database.aclose()

    @pytest.fixture
    def choices(self, database: Database, clock: FakeClock) -> Choices:
        return Choices(database, clock, ACCESS, Post("slack", "C5"))

    async def test_are_what_is_configured_until_somebody_chooses(self, choices: Choices) -> None:
        assert [await choices.pin_of(place) for place in ("C1", "C9")] == [NO_PIN, CONFIGURED]
        assert await choices.post() == Post("slack", "C5")
        assert await choices.history() == ()

    async def test_hold_at_once_here_and_within_a_second_elsewhere(
        self, choices: Choices, elsewhere: Choices, clock: FakeClock
    ) -> None:
        await elsewhere.pin_of("C1")  # it looked just now
        await choices.pin("BOSS", "C1", LARGE)
        await choices.tell_at("BOSS", None)
        assert (await choices.pin_of("C1"), await choices.post()) == (LARGE, None)

        clock.wind(1)
        assert (await elsewhere.pin_of("C1"), await elsewhere.post()) == (LARGE, None)
        assert await elsewhere.pin_of("C2") == NO_PIN

    async def test_are_asked_of_the_database_once_a_second(
        self, choices: Choices, elsewhere: Choices, clock: FakeClock
    ) -> None:
        await elsewhere.pin_of("C1")
        await choices.pin("BOSS", "C1", LARGE)
        clock.wind(0.9)

        assert await elsewhere.pin_of("C1") == NO_PIN

    async def test_go_over_what_is_configured_and_end_with_it(self, choices: Choices) -> None:
        await choices.pin("BOSS", "C9", CHEAPEST)
        chosen = await choices.pin_of("C9")

        assert await choices.unpin("BOSS", "C9")
        assert (chosen, await choices.pin_of("C9")) == (CHEAPEST, CONFIGURED)
        assert not await choices.unpin("BOSS", "C9")

    async def test_do_not_go_over_what_the_process_was_started_with(self, database: Database, clock: FakeClock) -> None:
        insisting = Choices(database, clock, replace(ACCESS, insists=True))
        await insisting.pin("BOSS", "C9", LARGE)

        assert await insisting.pin_of("C9") == CONFIGURED

    async def test_are_recorded_with_who_and_when_the_newest_first(self, choices: Choices, clock: FakeClock) -> None:
        began = clock.now()
        await choices.pin("BOSS", "C1", LARGE)
        clock.wind(60)
        await choices.unpin("U7", "C1")
        clock.wind(60)
        await choices.tell_at("BOSS", Post("slack", "C8"))

        told = await choices.history()
        assert [(one.who, one.kind, one.place, one.pin, one.post, one.is_reset) for one in told] == [
            ("BOSS", "post", "", None, Post("slack", "C8"), False),
            ("U7", "pin", "C1", None, None, True),
            ("BOSS", "pin", "C1", LARGE, None, False),
        ]
        assert [(one.at - began).total_seconds() for one in told] == [120, 60, 0]

    async def test_of_a_person_who_is_forgotten_hold_on_and_name_nobody(
        self, choices: Choices, database: Database
    ) -> None:
        await choices.pin("BOSS", "C1", LARGE)
        await choices.pin("U7", "C2", SMALL)
        await forget(database, "BOSS")

        assert [one.who for one in sorted(await choices.history(), key=lambda one: one.place)] == ["", "U7"]
        assert await choices.pin_of("C1") == LARGE

    async def test_made_by_many_at_once_leave_one_in_force(
        self, choices: Choices, elsewhere: Choices, database: Database
    ) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                one = choices if number % 2 else elsewhere
                group.create_task(one.pin(f"U{number}", "C1", Pin(model=f"acme/m{number}")))

        rows = await database.fetch("SELECT count(*) FROM choices WHERE ended_at IS NULL")
        assert rows == [(1,)]

    async def test_hold_as_last_known_while_the_database_is_away(
        self, choices: Choices, elsewhere: Choices, database: Database, clock: FakeClock
    ) -> None:
        await elsewhere.pin("BOSS", "C1", LARGE)
        await choices.pin_of("C1")
        await database.aclose()
        clock.wind(5)

        assert [await choices.pin_of(place) for place in ("C1", "C2", "C9")] == [LARGE, NO_PIN, CONFIGURED]
        assert await choices.post() == Post("slack", "C5")
        for asked in (choices.pin("BOSS", "C1", SMALL), choices.unpin("BOSS", "C1"), choices.history()):
            with pytest.raises(StateUnavailable):
                await asked
        assert await choices.pin_of("C1") == LARGE

    async def test_are_as_configured_for_a_process_that_never_saw_the_database(
        self, choices: Choices, database: Database
    ) -> None:
        await database.aclose()

        assert [await choices.pin_of(place) for place in ("C1", "C9")] == [NO_PIN, CONFIGURED]


_ids = iter(range(10**6))


def start(
    url: str,
    clock: FakeClock,
    pipeline: ScriptedPipeline | None = None,
    *,
    prefix: str = "ref",
    access: Access = ACCESS,
) -> AbstractAsyncContextManager[Talk]:
    return open_talk(url, pipeline or ScriptedPipeline(), clock=clock, access=access, prefix=prefix)


async def told(talk: Talk, text: str, author: Person = BOSS, *, place: str = "C1") -> Card:
    room = Room()
    await talk.conversation.handle(message(text, id=f"m{next(_ids)}", place=place, author=author), room)
    (card,) = room.cards
    return card


# Choices are held alike in both databases by the class above.
@pytest.mark.parametrize("state_url", ["sqlite"], indirect=True)
class TestModels:
    async def test_that_are_pinned_are_asked_in_another_process_within_a_second_and_after_a_restart(
        self, state_url: str, clock: FakeClock
    ) -> None:
        pipeline = ScriptedPipeline()
        async with start(state_url, clock) as one, start(state_url, clock, pipeline, prefix="two") as two:
            await told(two, "before?")
            await told(one, "/models pin acme/large")
            clock.wind(1)
            await told(two, "after?")
            await told(two, "elsewhere?", place="C2")
            await told(one, "/models unpin")
            clock.wind(1)
            await told(two, "in the end?")
            await told(one, "/models pin cheapest")
        async with start(state_url, clock, pipeline, prefix="three") as three:
            await told(three, "after a restart?")

        assert [asked.pin for asked in pipeline.asked] == [NO_PIN, LARGE, NO_PIN, NO_PIN, CHEAPEST]

    async def test_are_shown_with_their_routes_states_and_prices(self, state_url: str, clock: FakeClock) -> None:
        class TwoRoutes(ScriptedPipeline):
            def routes(self) -> tuple[TaskRoute, ...]:
                return TaskRoute("factual", "preferred", self.known), TaskRoute("quick", "fastest", self.known[1:])

        async with start(state_url, clock, TwoRoutes()) as talk:
            shown, portuguese = await told(talk, "/models", ANA), await told(talk, "/modelos", CHEFE)

        assert shown.text.splitlines() == [
            "No model is pinned here: each kind of question goes its own route.",
            "",
            "- **Questions about facts**, in the configured order: `acme/large`, `acme/small`",
            "- **Quick questions**, the fastest first: `acme/small`",
            "",
            "Prices per million tokens:",
            "",
            "| model        | state                        | input | output |",
            "| ------------ | ---------------------------- | ----: | -----: |",
            "| `acme/large` | ready, retires on 2027-01-14 | $2.50 | $10.00 |",
            "| `acme/small` | resting after failures       | $0.25 |  $1.00 |",
            "",
            "Not configured: `other/one`",
        ]
        assert "- **Perguntas rápidas** (o mais rápido primeiro): `acme/small`" in portuguese.text
        assert "US$ 10,00" in portuguese.text

    async def test_are_none_where_none_is_configured(self, state_url: str, clock: FakeClock) -> None:
        bare = ScriptedPipeline(known=ScriptedPipeline().known[2:])
        async with start(state_url, clock, bare) as talk:
            card = await told(talk, "/models")

        assert card.text.splitlines()[2:] == [
            "No model is configured, so I quote the documents.",
            "",
            "Not configured: `other/one`",
        ]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("/models pin acme/large", "Here `acme/large` answers, and no other model. It holds from now on."),
            ("/models pin fastest", "Here models are asked the fastest first. It holds from now on."),
        ],
    )
    async def test_pinned_are_told_and_shown_and_recorded(
        self, state_url: str, clock: FakeClock, text: str, said: str
    ) -> None:
        async with start(state_url, clock) as talk:
            card, shown = await told(talk, text), await told(talk, "/models", ANA)
            history, of_budgets = await told(talk, "/models history"), await told(talk, "/budget history")

        assert card.text == f"{said} To undo: `/models unpin`"
        assert shown.text.splitlines()[0] == said.removesuffix(" It holds from now on.")
        pinned = text.rsplit(maxsplit=1)[1]
        assert history.text == f"- 2026-11-22 12:00 UTC, **This channel**: `{pinned}` pinned by `BOSS`"
        assert replace(of_budgets, reference=history.reference) == history
        assert history.private

    @pytest.mark.parametrize("boss", [BOSS, CHEFE], ids=["en", "pt-BR"])
    @pytest.mark.parametrize("before", ["/models pin acme/small", "/models pin cheapest", "/models unpin"])
    @pytest.mark.parametrize("place", ["C1", "C9"])
    async def test_pinned_and_undone_as_it_is_told_are_as_before(
        self, state_url: str, clock: FakeClock, boss: Person, before: str, place: str
    ) -> None:
        async with start(state_url, clock) as talk:
            await told(talk, before, boss, place=place)
            held = await talk.desk.choices.pin_of(place)
            card = await told(talk, "/models pin acme/large", boss, place=place)
            pinned = await talk.desk.choices.pin_of(place)
            (undo,) = re.findall(r"`(/[^`]+)`", card.text)
            await told(talk, undo, boss, place=place)

            assert pinned == LARGE
            assert await talk.desk.choices.pin_of(place) == held

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("/models pin acme/lrge", "I know no model `acme/lrge`. Perhaps you mean `acme/large`, `acme/small`."),
            ("/models pin other/one", "Nobody has configured the provider of `other/one`, so I did not pin it."),
            ("/models pin a/`@x`", "I know no model `` a/`@x` ``. Perhaps you mean `acme/large`, `acme/small`."),
        ],
    )
    async def test_that_cannot_answer_are_not_pinned(
        self, state_url: str, clock: FakeClock, text: str, said: str
    ) -> None:
        async with start(state_url, clock) as talk:
            card = await told(talk, text)
            assert await talk.desk.choices.pin_of("C1") == NO_PIN

        assert card.text == said
        assert card.private

    async def test_of_endless_names_are_told_shortly(self, state_url: str, clock: FakeClock) -> None:
        async with start(state_url, clock) as talk:
            card = await told(talk, f"/models pin a/{'b' * 5_000}")

        assert len(card.text) < 300

    @pytest.mark.parametrize(
        "text", ["/models pin", "/models pin gpt", "/models unpin acme/large", "/models acme/large"]
    )
    async def test_named_wrongly_change_nothing(self, state_url: str, clock: FakeClock, text: str) -> None:
        async with start(state_url, clock) as talk:
            card = await told(talk, text)
            assert await talk.desk.choices.pin_of("C1") == NO_PIN

        assert card.text.startswith("I did not understand what comes after `/models`. Try, for example: `/models")

    @pytest.mark.parametrize("text", ["/models pin acme/large", "/models pin cheapest", "/models unpin"])
    async def test_are_pinned_by_admins_alone(self, state_url: str, clock: FakeClock, text: str) -> None:
        async with start(state_url, clock) as talk:
            await told(talk, "/models pin acme/small")
            card = await told(talk, text, ANA)
            assert await talk.desk.choices.pin_of("C1") == SMALL

        assert card.text.startswith("Only admins may change that with `/models`; nothing was changed.")

    async def test_are_not_said_to_be_pinned_where_the_process_insists_on_others(
        self, state_url: str, clock: FakeClock
    ) -> None:
        async with start(state_url, clock, access=replace(ACCESS, insists=True)) as talk:
            card = await told(talk, "/models pin acme/large", place="C9")
            recorded = await talk.desk.choices.history()

        assert card == Card(
            "I was started with a choice of models that holds whatever is pinned, so nothing was pinned."
            " Here `acme/configured` answers, and no other model.",
            private=True,
        )
        assert recorded == ()


class TestWithoutTheDatabase:
    @pytest.mark.parametrize(
        "text",
        [
            "/cost",
            "/budget",
            "/budget set 5",
            "/budget reset",
            "/budget history",
            "/limits",
            "/limits set requests_per_minute=1",
            "/models pin acme/large",
            "/models unpin",
            "/forget yes",
            "how much did I spend today?",
        ],
    )
    async def test_commands_say_so_in_one_sentence_with_a_reference(
        self, state_url: str, clock: FakeClock, text: str
    ) -> None:
        async with start(state_url, clock) as talk:
            await told(talk, "/models")
            await talk.database.aclose()
            card = await told(talk, text)

        assert card.text == AWAY.format("ref2")

    async def test_the_pin_that_was_known_last_is_shown_and_asked_with(self, state_url: str, clock: FakeClock) -> None:
        pipeline = ScriptedPipeline()
        async with start(state_url, clock, pipeline) as talk:
            await told(talk, "/models pin acme/large")
            await told(talk, "before?")
            await talk.database.aclose()
            clock.wind(5)
            await told(talk, "after?")
            card = await told(talk, "/models")

        assert [asked.pin for asked in pipeline.asked] == [LARGE, LARGE]
        assert card.text.startswith("Here `acme/large` answers")
