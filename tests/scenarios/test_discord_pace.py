"""Many answers in Discord at once: a channel's room is shared fairly, ends come first, and nobody else waits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, Message, Seen, User
from tests.scenarios.discord_talks import answered, can_be_read, is_finished, of_bot, served, text_of
from tests.scenarios.talks import Gate, model, squeezed

HURRY = 20
LONG = "\n\n".join(f"Paragraph {n}: {'words ' * 50}" for n in range(60))


def limited(discord: Discord) -> HurriedClock:
    """Discord's limits of a channel, in the seconds of the clock that the bot gets."""
    discord.buckets.messages = (5, 5.0 / HURRY)
    discord.buckets.typing = (5, 5.0 / HURRY)
    return HurriedClock(HURRY)


def people(discord: Discord, acme: Guild, count: int) -> list[User]:
    return [discord.person(f"Person {n}", guilds=[acme]) for n in range(count)]


def to(discord: Discord, place: Channel, question: Message) -> list[Seen]:
    """The answer to a question."""
    return [one for one in of_bot(discord, place) if one.reply_to == question.id]


def knows_the_limits(discord: Discord) -> None:
    """Few calls were too much: the library learns only from answers that posts and edits share their room."""
    refused = [call for call in discord.calls if call.status == 429]
    assert 4 * len(refused) <= len(discord.calls)


@asynccontextmanager
async def opening(gates: list[Gate], every_s: float) -> AsyncIterator[None]:
    """Lets models write on, piece by piece."""

    async def open_all() -> None:
        for gate in gates:
            gate.open()
            await asyncio.sleep(every_s)

    writing = asyncio.create_task(open_all())
    try:
        yield
    finally:
        writing.cancel()
        for gate in gates:
            gate.open()


async def test_many_answers_in_one_channel_show_all_something_before_their_ends_and_share_the_changes(
    discord: Discord, acme: Guild, lobby: Channel, tmp_path: Path
) -> None:
    gates = [Gate() for _ in range(40)]
    script = [piece for n, gate in enumerate(gates) for piece in (f"Part {n}. ", gate)]
    async with served(discord, tmp_path, model(all=script), clock=limited(discord)):
        questions = [await discord.says(one, lobby, f"{discord.mention} all") for one in people(discord, acme, count=8)]
        async with opening(gates[:-1], every_s=0.05):
            await discord.until(lambda: all(to(discord, lobby, question) for question in questions))
            await gates[-2].opened.wait()
        assert not any(map(is_finished, of_bot(discord, lobby)))
        changes = Counter(call.path for call in discord.calls_to("PATCH", "/channels/*/messages/*"))
        gates[-1].open()
        await answered(discord, lobby, answers=len(questions))
    for question in questions:
        (answer,) = to(discord, lobby, question)
        assert answer.content.split() == "".join(f"Part {n}. " for n in range(40)).split()
        assert answer.edited
    assert len(changes) == len(questions), "all of them went on"
    assert max(changes.values()) - min(changes.values()) <= 2, changes
    knows_the_limits(discord)


async def test_an_end_waits_for_no_answer_that_is_still_written(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gates = [Gate() for _ in range(200)]
    script = [piece for n, gate in enumerate(gates) for piece in (f"Part {n}. ", gate)]
    pipeline = model(all=script, short="Thirty days.")
    async with served(discord, tmp_path, pipeline, clock=limited(discord)):
        others = [await discord.says(one, lobby, f"{discord.mention} all") for one in people(discord, acme, count=8)]
        async with opening(gates[:-1], every_s=0.02):
            await discord.until(lambda: all(to(discord, lobby, question) for question in others))
            question = await discord.says(bia, lobby, f"{discord.mention} short")
            await discord.until(lambda: to(discord, lobby, question))
            (answer,) = to(discord, lobby, question)
            assert is_finished(answer), "it took two steps for one"
            assert not any(is_finished(one) for other in others for one in to(discord, lobby, other))
        gates[-1].open()
        await answered(discord, lobby, answers=len(others) + 1)
    knows_the_limits(discord)


async def test_a_short_answer_is_there_before_the_end_of_a_very_long_one_in_the_same_channel(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    (other,) = people(discord, acme, count=1)
    async with served(discord, tmp_path, model(all=LONG, short="Thirty days."), clock=limited(discord)):
        long = await discord.says(other, lobby, f"{discord.mention} all")
        await discord.until(lambda: to(discord, lobby, long))
        short = await discord.says(bia, lobby, f"{discord.mention} short")
        await discord.until(lambda: to(discord, lobby, short))
        assert not is_finished(to(discord, lobby, long)[-1])
        await answered(discord, lobby, answers=2)
    shown = to(discord, lobby, long)
    can_be_read(shown)
    assert squeezed(text_of(shown)) == squeezed(LONG)
    knows_the_limits(discord)


async def test_many_questions_at_once_in_one_channel_are_each_answered_once(
    discord: Discord, acme: Guild, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(short="Thirty days."), clock=limited(discord)):
        questions = [
            await discord.says(one, lobby, f"{discord.mention} short") for one in people(discord, acme, count=30)
        ]
        await answered(discord, lobby, answers=len(questions))
    assert sorted(str(one.reply_to) for one in of_bot(discord, lobby)) == sorted(one.id for one in questions)
    knows_the_limits(discord)


async def test_a_crowded_channel_holds_up_no_other(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    other = discord.channel(acme, "other")
    async with served(discord, tmp_path, model(all=LONG, short="Thirty days."), clock=limited(discord)):
        crowd = [await discord.says(one, lobby, f"{discord.mention} all") for one in people(discord, acme, count=5)]
        await discord.until(lambda: len(of_bot(discord, lobby)) >= 5)
        await discord.says(bia, other, f"{discord.mention} short")
        await answered(discord, other)
        assert not any(map(is_finished, of_bot(discord, lobby))), "the channel was not crowded"
        await answered(discord, lobby, answers=len(crowd))
    for question in crowd:
        assert squeezed(text_of(to(discord, lobby, question))) == squeezed(LONG)


async def test_more_questions_than_discord_takes_requests_a_second_are_all_answered_once(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path
) -> None:
    places = [discord.channel(acme, f"place-{n}") for n in range(40)]
    discord.buckets.all = (20, 0.4)
    async with served(discord, tmp_path, model(short="Thirty days."), clock=limited(discord)):
        for place in places:
            await discord.says(bia, place, f"{discord.mention} short")
        for place in places:
            await answered(discord, place)
    assert [len(of_bot(discord, place)) for place in places] == [1] * len(places)


async def test_a_question_that_is_deleted_takes_no_room_from_the_others(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    first, never = Gate(), Gate()
    pipeline = model(all=("Words. ", first, "More words.", never), short=("Thirty", first, " days."))
    async with served(discord, tmp_path, pipeline, clock=limited(discord)):
        crowd = [await discord.says(one, lobby, f"{discord.mention} all") for one in people(discord, acme, count=6)]
        kept = await discord.says(bia, lobby, f"{discord.mention} short")
        await discord.until(lambda: len(of_bot(discord, lobby)) == len(crowd) + 1)
        await discord.bulk_deletes(lobby, crowd)
        await discord.until(lambda: [one.reply_to for one in of_bot(discord, lobby)] == [kept.id])
        first.open()
        (answer,) = await answered(discord, lobby)
    assert answer.content == "Thirty days."
