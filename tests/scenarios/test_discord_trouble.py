"""Answers in Discord whose question changes, whose messages go, whose place closes, or whose model fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.chats import DiscordSettings
from bot.platforms.discord.cards import pieces
from rag.model import Restart
from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Seen, User
from tests.fakes.scripted_pipeline import says
from tests.scenarios.discord_talks import answered, asked, can_be_read, is_finished, of_bot, served, text_of
from tests.scenarios.talks import LONG, Gate, in_pieces, model, squeezed

MIDDLE = "\n\n".join(f"Paragraph {n}: {'words ' * 50}" for n in range(20))


@pytest.fixture(autouse=True)
def _unlimited(discord: Discord) -> None:
    """Waiting for room is tried elsewhere."""
    discord.buckets.on = False


def is_whole(discord: Discord, place: Channel, text: str) -> None:
    """All of the answer stands there, once, and each message of it can be read."""
    shown = of_bot(discord, place)
    can_be_read(shown)
    assert squeezed(text_of(shown)) == squeezed("\n".join(pieces(text)))
    assert [is_finished(one) for one in shown] == [False] * (len(shown) - 1) + [True]
    assert not any("Stop" in one.buttons for one in shown)


async def begun(discord: Discord, place: Channel, words: str = "") -> Seen:
    """Wait until an answer is seen there, with these words."""
    await discord.until(lambda: [one for one in of_bot(discord, place) if words in one.content])
    return of_bot(discord, place)[-1]


# The question changes


async def test_a_question_that_is_changed_while_it_is_answered_has_one_answer(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    never, gate = Gate(), Gate()
    pipeline = model(old=("Old words. ", *in_pieces(MIDDLE), never), new=("New ", gate, "words."))
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        question = await discord.says(bia, lobby, f"{discord.mention} old")
        await discord.until(lambda: len(of_bot(discord, lobby)) > 1)
        await discord.edits(question, f"{discord.mention} new")
        await begun(discord, lobby, "New")
        gate.open()
        await answered(discord, lobby)
        is_whole(discord, lobby, "New words.")


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_a_question_that_is_changed_while_a_message_is_on_its_way_has_one_answer(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, nth: int
) -> None:
    never, gate = Gate(), Gate()
    pipeline = model(old=("Old words. ", *in_pieces(MIDDLE), never), new=("New ", gate, "words."))
    path = f"/channels/{lobby.id}/messages"
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        discord.delay("POST", path, 0.1, times=nth)
        question = await discord.says(bia, lobby, f"{discord.mention} old")
        await discord.until(lambda: len(discord.calls_to("POST", path)) == nth)
        await discord.edits(question, f"{discord.mention} new")
        await begun(discord, lobby, "New")
        gate.open()
        await discord.until(lambda: text_of(of_bot(discord, lobby)) == "New words.")
        await answered(discord, lobby)
        is_whole(discord, lobby, "New words.")


@pytest.mark.parametrize(("old", "new"), [("short", "long"), ("long", "short")])
async def test_the_answer_follows_a_question_that_is_changed_later(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, old: str, new: str
) -> None:
    texts = {"short": "Thirty days.", "long": MIDDLE}
    async with served(discord, tmp_path, model(**texts), clock=HurriedClock()):
        question = await asked(discord, bia, lobby, old)
        first = of_bot(discord, lobby)[0].message
        await discord.edits(question, f"{discord.mention} {new}")
        await discord.until(lambda: squeezed(text_of(of_bot(discord, lobby))) == squeezed(texts[new]))
        await answered(discord, lobby)
        is_whole(discord, lobby, texts[new])
        assert of_bot(discord, lobby)[0].message is first
        assert of_bot(discord, lobby)[0].reply_to == question.id


async def test_a_question_in_a_thread_of_its_own_changes_its_answer_there(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(
        discord, tmp_path, model(old="Old words.", new="New words."), settings=DiscordSettings(answers="thread")
    ):
        question = await discord.says(bia, lobby, f"{discord.mention} old")
        await discord.until(lambda: question.thread and of_bot(discord, question.thread))
        assert question.thread is not None
        await answered(discord, question.thread)
        await discord.edits(question, f"{discord.mention} new")
        await begun(discord, question.thread, "New words.")
        await answered(discord, question.thread)
        is_whole(discord, question.thread, "New words.")
        assert of_bot(discord, lobby) == []


async def test_who_adds_the_name_of_the_bot_later_is_answered(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation="Thirty days.")):
        question = await discord.says(bia, lobby, "vacation")
        await discord.edits(question, f"{discord.mention} vacation")
        await answered(discord, lobby)
        assert of_bot(discord, lobby)[0].reply_to == question.id


async def test_a_link_that_is_unfurled_changes_nothing(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    pipeline = model(vacation=("Thirty", gate, " days."), more="More.")
    async with served(discord, tmp_path, pipeline):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await begun(discord, lobby)
        await discord.unfurls(question)
        gate.open()
        await answered(discord, lobby)
        await discord.unfurls(question)
        await asked(discord, bia, lobby, "more")
    assert [one.question for one in pipeline.asked] == ["vacation", "more"]
    assert [one.content for one in of_bot(discord, lobby)] == ["Thirty days.", "More."]


# The question goes


@pytest.mark.parametrize("when", ["before anything is seen", "while it is written", "afterwards"])
@pytest.mark.parametrize("how", ["alone", "with others"])
async def test_the_answer_goes_with_its_question(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, when: str, how: str
) -> None:
    never = Gate()
    text: tuple[str, ...] = {
        "before anything is seen": (never,),
        "while it is written": (*in_pieces(MIDDLE), never),
        "afterwards": (MIDDLE,),
    }[when]
    async with served(discord, tmp_path, model(vacation=text, more="More."), clock=HurriedClock()) as bot:
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        other = await discord.says(bia, lobby, "something else")
        if when == "before anything is seen":
            await discord.until(lambda: discord.typing(lobby))
        elif when == "while it is written":
            await discord.until(lambda: len(of_bot(discord, lobby)) > 1)
        else:
            await answered(discord, lobby)
        if how == "alone":
            await discord.deletes(question)
        else:
            await discord.bulk_deletes(lobby, [question, other])
        await discord.until(lambda: of_bot(discord, lobby) == [])
        await asked(discord, bia, lobby, "more")
        assert [one.content for one in of_bot(discord, lobby)] == ["More."]
        assert not bot.task.done()
    assert [one.content for one in of_bot(discord, lobby)] == ["More."]


async def test_an_answer_in_a_direct_message_follows_its_question_and_goes_with_it(
    discord: Discord, bia: User, tmp_path: Path
) -> None:
    place = discord.dm(bia)
    async with served(discord, tmp_path, model(old=MIDDLE, new="New words.")):
        question = await discord.says(bia, place, "old")
        await answered(discord, place)
        await discord.edits(question, "new")
        await begun(discord, place, "New words.")
        await answered(discord, place)
        is_whole(discord, place, "New words.")
        await discord.deletes(question)
        await discord.until(lambda: of_bot(discord, place) == [])


async def test_a_question_that_is_deleted_with_its_answer_at_once_brings_nothing_back(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(
        discord, tmp_path, model(vacation=("Thirty", gate, " days."), more="More."), clock=HurriedClock()
    ):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        answer = await begun(discord, lobby)
        await discord.bulk_deletes(lobby, [question, answer.message])
        gate.open()
        await asked(discord, bia, lobby, "more")
    assert [one.content for one in of_bot(discord, lobby)] == ["More."]


# The model fails


async def test_words_that_a_failover_takes_back_are_not_seen_at_the_end(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    first, second = Gate(), Gate()
    script = (
        "Wrong from the first. ",
        *in_pieces(MIDDLE),
        first,
        Restart("acme", "large"),
        "Right ",
        second,
        "at last.",
    )
    async with served(discord, tmp_path, model(vacation=script), clock=HurriedClock()):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: len(of_bot(discord, lobby)) > 1)
        first.open()
        restarted = await begun(discord, lobby, "acme/large broke off")
        assert "Wrong" not in text_of(of_bot(discord, lobby))
        assert restarted.reply_to == question.id
        second.open()
        await answered(discord, lobby)
    is_whole(discord, lobby, "Right at last.")


async def test_discord_failing_at_a_failover_does_not_fail_the_answer(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    script = ("Wrong from the first. ", gate, Restart("acme", "large"), "Right at last.")
    async with served(discord, tmp_path, model(vacation=script), clock=HurriedClock()):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await begun(discord, lobby)
        await asyncio.sleep(0.1)  # the bot hears that it stands there
        discord.fail("PATCH", "/channels/*/messages/*", status=400)
        gate.open()
        await answered(discord, lobby)
    is_whole(discord, lobby, "Right at last.")


async def test_a_model_that_fails_leaves_what_it_wrote_and_a_sentence(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=("Thirty", gate, OSError("secret words")))):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await begun(discord, lobby)
        gate.open()
        (answer,) = await answered(discord, lobby)
    assert answer.content.startswith("Thirty")
    assert "ref1" in answer.text
    assert "secret" not in answer.text
    assert "Stop" not in answer.buttons


async def test_a_final_text_that_differs_takes_the_place_of_what_was_streamed(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    pipeline = model(vacation=("Thirty days [7].", gate))
    pipeline.finals["vacation"] = "Thirty days [1]."
    async with served(discord, tmp_path, pipeline):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await begun(discord, lobby)
        gate.open()
        await answered(discord, lobby)
    is_whole(discord, lobby, "Thirty days [1].")


# Somebody stops it


@pytest.mark.parametrize("where", ["in a reply to the question", "in a reply to the answer", "in the channel"])
async def test_stop_by_name_leaves_what_was_written_and_says_so(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, where: str
) -> None:
    never = Gate()
    async with served(discord, tmp_path, model(vacation=("Thirty days", never)), clock=HurriedClock()):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        answer = await begun(discord, lobby)
        above = {"in a reply to the question": question, "in a reply to the answer": answer.message}.get(where)
        await discord.says(bia, lobby, f"{discord.mention} stop", reply_to=above)
        await discord.until(lambda: "Stop" not in discord.look(answer.message).buttons)
    stopped = discord.look(answer.message)
    assert stopped.content.startswith("Thirty days")
    assert "topped" in stopped.text
    assert [one for one in of_bot(discord, lobby) if one.message is not answer.message] == []


@pytest.mark.parametrize("settings", [DiscordSettings(), DiscordSettings(answers="thread")])
async def test_the_stop_button_leaves_what_was_written_and_says_so(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, settings: DiscordSettings
) -> None:
    never = Gate()
    async with served(discord, tmp_path, model(vacation=("Thirty days", never)), settings=settings):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: of_bot(discord, question.thread or lobby))
        place = question.thread or lobby
        done = await discord.presses(bia, of_bot(discord, place)[0], "Stop")
        await discord.until(lambda: "Stop" not in of_bot(discord, place)[0].buttons)
        (stopped,) = of_bot(discord, place)
    assert not done.failed
    assert stopped.content.startswith("Thirty days")
    assert "topped" in stopped.text
    assert "Try again" in stopped.buttons


async def test_an_answer_is_stopped_before_its_first_word(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    never = Gate()
    async with served(discord, tmp_path, model(vacation=(never,)), clock=HurriedClock()):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        holding = await begun(discord, lobby)
        await discord.presses(bia, holding, "Stop")
        await discord.until(lambda: "Stop" not in of_bot(discord, lobby)[0].buttons)
    (stopped,) = of_bot(discord, lobby)
    assert "topped" in stopped.text


# Its messages go


@pytest.mark.parametrize("which", [0, 1, -1])
async def test_a_message_that_somebody_took_away_while_it_was_written_is_written_anew(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, which: int
) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(all=(f"It begins. {MIDDLE}", gate, LONG)), clock=HurriedClock()):
        question = await discord.says(bia, lobby, f"{discord.mention} all")
        await discord.until(lambda: len(of_bot(discord, lobby)) > 2)
        await discord.deletes(of_bot(discord, lobby)[which])
        await asyncio.sleep(0.1)  # the bot hears of it
        gate.open()
        await answered(discord, lobby)
    is_whole(discord, lobby, f"It begins. {MIDDLE}{LONG}")
    assert of_bot(discord, lobby)[0].reply_to == question.id


async def test_a_finished_answer_that_somebody_took_away_comes_back_when_it_is_asked_again(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation="Thirty days.", more="More."), clock=HurriedClock()):
        question = await asked(discord, bia, lobby, "vacation")
        await discord.deletes(of_bot(discord, lobby)[0])
        await discord.edits(question, f"{discord.mention} more")
        await answered(discord, lobby)
    is_whole(discord, lobby, "More.")


# The end of the process


async def test_stopping_the_bot_waits_for_nothing_that_was_given_up(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    never = Gate()
    async with served(
        discord, tmp_path, model(old=("Old words. ", never), new="New words."), clock=HurriedClock()
    ) as bot:
        question = await discord.says(bia, lobby, f"{discord.mention} old")
        await begun(discord, lobby)
        await discord.edits(question, f"{discord.mention} new")
        await answered(discord, lobby)
        async with asyncio.timeout(5):
            await bot.stop()


@pytest.mark.parametrize("how", ["again by its button", "again by an edit", "deleted"])
async def test_every_message_of_a_long_answer_goes_with_it(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, how: str
) -> None:
    pipeline = model(all=MIDDLE, less="Short.")
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        question = await asked(discord, bia, lobby, "all")
        assert len(of_bot(discord, lobby)) > 2
        pipeline.script["all"] = says("Short.")
        match how:
            case "again by its button":
                await discord.presses(bia, of_bot(discord, lobby)[-1], "Try again")
            case "again by an edit":
                await discord.edits(question, f"{discord.mention} less")
            case _:
                await discord.deletes(question)
        left = [] if how == "deleted" else ["Short."]
        await discord.until(lambda: [one.content for one in of_bot(discord, lobby) if is_finished(one)] == left)
        await discord.until(lambda: [one.content for one in of_bot(discord, lobby)] == left)
