"""What a command told one person, shown to everybody when they say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.messages import Card, Person
from tests.fakes.room import ANA, BRUNO, Room, message, press
from tests.fakes.scripted_pipeline import ScriptedPipeline, one_too_many
from tests.fakes.talk import Talk, open_talk

BOSS = Person(id="BOSS", locale="en", workspace="T1")
WITH_BOSS = Access(admins=Admins(frozenset({"BOSS"})))
NOT_SHARED = (
    "/help", "/sources", "/cost nonsense", "/cost everything", "/budget set 5", "/xyzzy", "/forget", "/forget yes",
    "/search parking", "/report", "/models pin nonsense", "parking?",
)  # fmt: skip
NOTHING = Card("I find no answer here that this could be about.", private=True)


async def said(talk: Talk, text: str, author: Person = ANA) -> Card:
    room = Room()
    await talk.conversation.handle(message(text, id=text, author=author), room)
    (card,) = room.cards
    return card


async def shared(talk: Talk, reference: str, author: Person = ANA, *, event: str = "", place: str = "C1") -> list[Card]:
    room = Room()
    await talk.conversation.press(press("share", reference=reference, author=author, event=event, place=place), room)
    return room.cards


@pytest.mark.parametrize("text", ["/cost month", "/budget", "/limits", "how much did I spend today?"])
async def test_figures_for_one_person_can_be_shared(tmp_path: Path, text: str) -> None:
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        card = await said(talk, text)

    assert (card.private, card.reference, card.actions[0]) == (True, "ref1", "share")


@pytest.mark.parametrize("text", NOT_SHARED)
async def test_nothing_else_can(tmp_path: Path, text: str) -> None:
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        card = await said(talk, text)
        cards = await shared(talk, "ref1")

    assert "share" not in card.actions
    assert all(not one.shared_by for one in cards)


async def test_a_limit_that_is_reached_is_nothing_to_share(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline(refusal=one_too_many())) as talk:
        card = await said(talk, "/search parking")

    assert (card.private, card.actions) == (True, ())


async def test_all_see_the_figures_with_who_shared_what_and_no_button(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        private = await said(talk, "@ragbot /cost month")
        (card,) = await shared(talk, private.reference)

    assert card.text == f"`/cost month`\n\n{private.text}"
    assert (card.private, card.shared_by, card.tagged, card.reference, card.actions) == (False, "U1", (), "", ())


async def test_what_was_called_calls_nobody(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline(), access=WITH_BOSS) as talk:
        private = await said(talk, "/cost <@U2>", BOSS)
        (card,) = await shared(talk, private.reference, BOSS)

    assert card.text.startswith("`/cost ‹@U2›`\n\n")


async def test_only_whoever_called_it_may_share_it(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline(), access=WITH_BOSS) as talk:
        private = await said(talk, "/cost month")
        (of_other,), (of_boss,) = [await shared(talk, private.reference, author) for author in (BRUNO, BOSS)]

    assert of_other.text.startswith("Só quem chamou isso pode mostrá-lo a todos.")
    assert of_boss.text.startswith("Only whoever called that can share it.")
    assert (of_other.private, of_boss.private) == (True, True)


async def test_whoever_may_not_see_it_any_more_shares_nothing(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline(), access=WITH_BOSS) as talk:
        private = await said(talk, "/cost everything", BOSS)
    async with open_talk(tmp_path, ScriptedPipeline(), prefix="next") as talk:
        (card,) = await shared(talk, private.reference, BOSS)

    assert private.actions == ("share",)
    assert (card.private, card.shared_by) == (True, "")
    assert "is for admins to see" in card.text


async def test_it_is_shared_once_for_each_press_and_in_its_own_place(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        private = await said(talk, "/cost month")
        cards = [await shared(talk, private.reference, event=event) for event in ("E", "E", "F")]
        elsewhere = await shared(talk, private.reference, place="C2")

    assert [len(one) for one in cards] == [1, 0, 1]
    assert elsewhere == [NOTHING]


async def test_a_press_that_names_a_change_does_not_make_it_again(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline(), access=WITH_BOSS) as talk:
        await said(talk, "/budget set 5", BOSS)
        cards = await shared(talk, "ref1", BOSS)
        changes = await talk.desk.accounts.changes()

    assert cards == [NOTHING]
    assert len(changes) == 1


async def test_it_may_be_shared_where_outsiders_read_along(tmp_path: Path) -> None:
    person = replace(ANA, is_outside=True)
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        private = await said(talk, "/cost month", person)
        (card,) = await shared(talk, private.reference, person)

    assert (card.private, card.shared_by) == (False, "U1")
