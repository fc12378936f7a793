"""What somebody sees who opens the bot's own page."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.commands import COMMANDS
from bot.locales import phrases_in
from bot.messages import Home, Person, Post
from rag.errors import IndexUnavailable, StateUnavailable
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import Measure
from tests.fakes.clock import FakeClock
from tests.fakes.room import ANA, BRUNO, Room, deletion, message
from tests.fakes.scripted_pipeline import BUDGET, ScriptedPipeline, one_too_many, says
from tests.fakes.talk import Talk, open_talk

PAGE = Post("room", "D1")
BOSS = Person(id="BOSS", locale="en", workspace="T1")
UNKNOWN = "I do not know that at the moment: my database or my index does not answer. Please look again in a minute."


async def page(folder: Path, person: Person = ANA, **more: object) -> Home:
    async with open_talk(folder, ScriptedPipeline(), **more) as talk:  # type: ignore[arg-type]  # as it takes them
        return await talk.conversation.home(person, PAGE)


async def asked(
    talk: Talk, text: str, *, person: Person = ANA, clock: FakeClock | None = None, place: str = "C1"
) -> None:
    await talk.conversation.handle(message(text, id=text, author=person, place=place, thread=f"in {place}"), Room())
    if clock is not None:
        clock.wind(60)


async def test_tells_with_examples_that_work_what_can_be_asked(tmp_path: Path) -> None:
    home = await page(tmp_path)
    examples = re.findall(r"^- `(/[^`]+)`: ", home.card.text, re.MULTILINE)

    assert examples == [one.example_in(phrases_in("en")) for one in COMMANDS if one.shown_to == "everybody"]
    assert 3 <= len(examples) <= 4
    assert home.card.private


async def test_shows_admins_the_commands_of_money_besides(tmp_path: Path) -> None:
    card = (await page(tmp_path, BOSS, access=Access(admins=Admins(frozenset({"BOSS"}))))).card

    assert "- `/budget`: " in card.text
    assert "- `/report`: " in card.text


async def test_tells_what_may_still_be_spent_with_the_figures_of_today(tmp_path: Path) -> None:
    policy = QuotaPolicy(kinds={"user": {Measure("usd", "day"): 2_000_000}})

    limited, unlimited = await page(tmp_path, policy=policy), await page(tmp_path)

    assert "- **You: $2.00 of $2.00 left today** ($0.00 spent)" in limited.card.text
    assert "There is no budget here: nothing limits what may be spent." in unlimited.card.text


async def test_lists_what_is_read_for_this_person_in_this_place(tmp_path: Path) -> None:
    access = Access({"D1": ("default", "team_docs")}, public=frozenset({"team_docs"}))

    member = await page(tmp_path, access=access)
    guest = await page(tmp_path, Person(id="G", locale="en", is_outside=True), access=access)

    assert ("`default`" in member.card.text, "`team_docs`" in member.card.text) == (True, True)
    assert ("`default`" in guest.card.text, "`team_docs`" in guest.card.text) == (False, True)
    assert (member.card.notice, guest.card.notice.startswith("Guests or people")) == ("", True)


async def test_says_who_helps_without_calling_them(tmp_path: Path) -> None:
    alone, helped = await page(tmp_path), await page(tmp_path, people={"C1": ("U1",), "*": ("U9",)})

    assert alone.people == ()
    assert "/handover" not in alone.card.text
    assert (helped.people, helped.card.tagged) == (("U9",), ())
    assert helped.card.text.endswith("If I am of no help, `/handover` under an answer calls people.")


async def test_lists_the_last_questions_of_this_person_the_newest_first(tmp_path: Path) -> None:
    clock, pipeline = FakeClock(), ScriptedPipeline({"parking?": says(BUDGET), "broken?": says(ZeroDivisionError())})
    began = clock.now()
    async with open_talk(tmp_path, pipeline, clock=clock) as talk:
        for text in ("first?", "second?", "parking?", "broken?"):
            await asked(talk, text, clock=clock)
        await asked(talk, "of somebody else?", person=BRUNO, clock=clock)
        await asked(talk, "/help", clock=clock)
        await asked(talk, "long " * 50 + "?", place="C2", clock=clock)
        pipeline.refusal = one_too_many()
        await asked(talk, "too many?", clock=clock)
        home = await talk.conversation.home(ANA, PAGE)

    assert home.heading == "What you asked me last"
    assert [(recent.question[:9], recent.ending) for recent in home.recent] == [
        ("too many?", "not answered"),
        ("long long", "nothing found in the documents"),
        ("broken?", "failed"),
        ("parking?", "answered"),
        ("second?", "nothing found in the documents"),
    ]
    long = home.recent[1]
    assert len(long.question) <= 100
    assert long.question.endswith("…")
    assert (long.thread.place, long.thread.id, long.message_id) == ("C2", "in C2", "long " * 50 + "?")
    assert home.recent[3].at == began + timedelta(seconds=120)


async def test_lists_nothing_that_was_taken_back(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        await asked(talk, "secret?")
        await talk.conversation.retract(deletion("secret?"), Room())
        home = await talk.conversation.home(ANA, PAGE)

    assert (home.heading, home.recent) == ("You have not asked me anything yet.", ())


async def test_is_told_in_its_reader_s_language(tmp_path: Path) -> None:
    home = await page(tmp_path, BRUNO)

    assert home.card.text.startswith("Olá! ")
    assert home.heading == "Você ainda não me perguntou nada."


@pytest.mark.parametrize("error", [StateUnavailable, IndexUnavailable])
async def test_is_there_whatever_is_down_and_says_what_is_not_known(tmp_path: Path, error: type[Exception]) -> None:
    pipeline = ScriptedPipeline()

    async def fail(*_: object, **__: object) -> list[object]:
        raise error("down")

    pipeline.sources = fail  # type: ignore[assignment,method-assign]  # as the real one does
    async with open_talk(tmp_path, pipeline) as talk:
        await talk.database.aclose()
        home = await talk.conversation.home(ANA, PAGE)

    assert home.card.text.count(UNKNOWN) == 2
    assert home.heading == "I do not know at the moment what you asked me last: my database does not answer."
    assert home.recent == ()
