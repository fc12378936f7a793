"""Places in Discord that are closed while an answer is written there: no answer is lost, and no other place waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chats import DiscordSettings
from bot.platforms.discord.cards import pieces
from tests.fakes.discord import Channel, Discord, Guild, Message, Seen, User
from tests.fakes.slack_bot import HurriedClock
from tests.scenarios.discord_talks import answered, asked, can_be_read, is_finished, of_bot, served, text_of
from tests.scenarios.talks import Gate, model, squeezed

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


@pytest.mark.parametrize("gone", ["channel deleted", "bot kicked", "hidden", "muted"])
async def test_a_place_that_is_closed_meanwhile_holds_up_no_other(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, gone: str
) -> None:
    elsewhere = discord.guild("Elsewhere")
    await discord.joins(bia, elsewhere)
    other = discord.channel(elsewhere, "other")
    gate = Gate()
    script = (f"It begins. {MIDDLE}", gate, MIDDLE)
    async with served(
        discord, tmp_path, model(vacation=script, more=("And", gate, " more.")), clock=HurriedClock()
    ) as bot:
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.says(bia, other, f"{discord.mention} more")
        await begun(discord, lobby)
        await begun(discord, other)
        if gone == "channel deleted":
            await discord.deletes_channel(lobby)
        elif gone == "bot kicked":
            await discord.kicks_bot(acme)
        else:
            await discord.deny(lobby, "VIEW_CHANNEL" if gone == "hidden" else "SEND_MESSAGES")
        gate.open()
        await answered(discord, other)
        await asked(discord, bia, other, "more")
        assert [one.content for one in of_bot(discord, other)] == ["And more."] * 2
        if gone == "muted":
            await discord.until(lambda: is_last(of_bot(discord, discord.dm(bia))[-1]))
            is_told_directly(discord, bia, lobby, f"It begins. {MIDDLE}{MIDDLE}")
        assert not bot.task.done()


def is_told_directly(discord: Discord, who: User, place: Channel, text: str) -> None:
    """The whole answer stands in a direct message with the reason, and no half of it is left in the place."""
    shown = of_bot(discord, discord.dm(who))
    assert squeezed(text_of(shown)) == squeezed("\n".join(pieces(text)))
    assert "I lack the permission" in shown[-1].text
    assert not any("Stop" in one.buttons for one in of_bot(discord, place)), "it looks as though it were still written"


@pytest.mark.parametrize("how", ["archived", "locked", "archived and locked"])
async def test_a_thread_that_is_closed_while_it_is_answered_in_loses_no_answer(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, how: str
) -> None:
    gate = Gate()
    thread = await discord.opens_thread(bia, lobby, "Plans")
    async with served(discord, tmp_path, model(vacation=(f"It begins. {MIDDLE}", gate, MIDDLE)), clock=HurriedClock()):
        await discord.says(bia, thread, f"{discord.mention} vacation")
        await begun(discord, thread, "Paragraph 19")
        if how == "locked":
            await discord.locks(thread)
        else:
            await discord.archives(thread, locked=how != "archived")
        gate.open()
        if how == "archived":  # whatever is written in it opens it again
            await answered(discord, thread)
            is_whole(discord, thread, f"It begins. {MIDDLE}{MIDDLE}")
            assert not thread.archived
        else:
            await discord.until(lambda: is_last(of_bot(discord, discord.dm(bia))[-1]))
            shown = of_bot(discord, discord.dm(bia))
            assert squeezed(text_of(shown)) == squeezed("\n".join(pieces(f"It begins. {MIDDLE}{MIDDLE}")))
            assert "Plans" in shown[-1].text
            assert "I lack the permission" not in shown[-1].text, "no permission would change that"


def is_last(one: Seen) -> bool:
    """Whether the receipt stands below it."""
    return "ref ref1" in one.text


async def test_a_thread_that_is_deleted_with_its_question_brings_nothing_down(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    settings = DiscordSettings(answers="thread")
    async with served(discord, tmp_path, model(vacation=("Thirty", gate, " days.")), settings=settings) as bot:
        question: Message = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: question.thread and of_bot(discord, question.thread))
        assert question.thread is not None
        await discord.deletes_channel(question.thread)
        await discord.deletes(question)
        gate.open()
        again = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: again.thread and [one for one in of_bot(discord, again.thread) if is_finished(one)])
        assert of_bot(discord, lobby) == []
        assert not bot.task.done()
