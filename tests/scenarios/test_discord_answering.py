"""Answers in Discord, over the real protocol: where they stand, what is seen of them early, and how they end."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.chats import DiscordSettings
from bot.platforms.discord.cards import MESSAGE_CHARS, pieces
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, Message, Seen, User
from tests.fakes.spending import expense, spend
from tests.scenarios.discord_talks import answered, asked, can_be_read, is_finished, of_bot, served, text_of
from tests.scenarios.talks import LONG, TABLE, WIDE, Gate, Hasty, citations, in_pieces, model, squeezed

THREADS = DiscordSettings(answers="thread")
BUTTONS = ("Good answer", "Bad answer", "Why?", "Sources", "Try again", "Hand over")


def thread_of(message: Message) -> Channel:
    """The thread below a message."""
    assert message.thread is not None, "there is no thread"
    return message.thread


def answer_in(discord: Discord, question: Message) -> list[Seen]:
    """The finished answer in the thread of a question, or nothing yet."""
    return [one for one in of_bot(discord, question.thread) if is_finished(one)] if question.thread else []


def embedded(one: Seen) -> str:
    """What stands in the embeds of a message."""
    return one.text.removeprefix(one.content)


# Where


async def test_the_answer_in_a_channel_replies_to_its_question(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation="Thirty days [1].")):
        question = await asked(discord, bia, lobby, "vacation")
    (answer,) = of_bot(discord, lobby)
    assert (answer.reply_to, answer.content) == (question.id, "Thirty days [1].")
    assert not answer.pings, "whoever asked is not called by the answer"
    assert question.thread is None


async def test_a_direct_message_is_answered_below_it(discord: Discord, bia: User, tmp_path: Path) -> None:
    place = discord.dm(bia)
    async with served(discord, tmp_path, model(vacation="Thirty days [1].")):
        await discord.says(bia, place, "vacation")
        (answer,) = await answered(discord, place)
    assert answer.content == "Thirty days [1]."
    assert "Try again" in answer.buttons


async def test_the_answer_stands_in_a_thread_that_is_called_as_the_question(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    long_question = "vacation " + "and more " * 30
    async with served(discord, tmp_path, model(vacation="Thirty days [1]."), settings=THREADS):
        questions = [await discord.says(bia, lobby, f"{discord.mention} {one}") for one in ("vacation", long_question)]
        for question in questions:
            await discord.until(lambda: answer_in(discord, question))  # noqa: B023
    short, long = map(thread_of, questions)
    assert short.name == "vacation"
    assert long.name.startswith("vacation and more and more")
    assert len(long.name) <= 100
    assert of_bot(discord, short)[0].content == "Thirty days [1]."
    assert of_bot(discord, lobby) == []


async def test_a_question_in_a_thread_is_answered_there_without_another_thread(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days [1].", more="And three more.")
    async with served(discord, tmp_path, pipeline, settings=THREADS):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: answer_in(discord, question))
        thread = thread_of(question)
        below = await asked(discord, bia, thread, "more")
        opened = await discord.opens_thread(bia, lobby, "Plans")
        await asked(discord, bia, opened, "vacation")
    assert [one.content for one in of_bot(discord, thread)] == ["Thirty days [1].", "And three more."]
    assert of_bot(discord, thread)[1].reply_to == below.id
    assert below.thread is None
    told_before = [turn.text for turn in pipeline.asked[1].history]
    assert (told_before[0], told_before[-1]) == ("vacation", "Thirty days [1].")
    assert [one.content for one in of_bot(discord, opened)] == ["Thirty days [1]."]


@pytest.mark.parametrize("by", ["channel", "category", "channel before category", "all but one"])
async def test_where_answers_stand_can_be_said_of_a_channel_or_a_category(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, by: str
) -> None:
    category = discord.category(acme, "Help")
    inside = discord.channel(acme, "inside", category=category)
    settings, with_thread = {
        "channel": (DiscordSettings(answers_in={inside.id: "thread"}), [inside]),
        "category": (DiscordSettings(answers_in={category.id: "thread"}), [inside]),
        "channel before category": (
            DiscordSettings(answers_in={category.id: "thread", inside.id: "reply", lobby.id: "thread"}),
            [lobby],
        ),
        "all but one": (DiscordSettings(answers="thread", answers_in={lobby.id: "reply"}), [inside]),
    }[by]
    async with served(discord, tmp_path, model(vacation="Thirty days."), settings=settings):
        for place in (inside, lobby):
            question = await discord.says(bia, place, f"{discord.mention} vacation")
            if place in with_thread:
                await discord.until(lambda: answer_in(discord, question))  # noqa: B023
                assert of_bot(discord, place) == []
            else:
                await answered(discord, place)
                assert question.thread is None


async def test_a_message_that_has_a_thread_by_then_is_answered_in_it(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.delay("POST", "/channels/*/messages/*/threads", 0.2)
    async with served(discord, tmp_path, model(vacation="Thirty days."), settings=THREADS):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        thread = await discord.opens_thread(bia, lobby, "Bia was first", message=question)
        await answered(discord, thread)
    assert of_bot(discord, lobby) == []
    assert thread.name == "Bia was first"


@pytest.mark.parametrize("code", [50013, 160006])  # not allowed, or as many threads as there may be
async def test_where_no_thread_can_be_opened_the_answer_is_a_reply(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, code: int
) -> None:
    if code == 50013:
        await discord.deny(lobby, "CREATE_PUBLIC_THREADS")
    discord.fail("POST", "/channels/*/messages/*/threads", status=400, code=code)
    async with served(discord, tmp_path, model(vacation="Thirty days."), settings=THREADS):
        question = await asked(discord, bia, lobby, "vacation")
    (answer,) = of_bot(discord, lobby)
    assert (answer.reply_to, answer.content) == (question.id, "Thirty days.")


# The first sign of life


@pytest.mark.parametrize("settings", [DiscordSettings(), THREADS])
async def test_typing_shows_before_the_model_has_said_anything(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, settings: DiscordSettings
) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=(gate, "Thirty days.")), settings=settings):
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: discord.typing(question.thread or lobby))
        place = question.thread or lobby
        assert of_bot(discord, place) == []
        gate.open()
        await answered(discord, place)
        assert not discord.typing(place)


async def test_who_waits_long_reads_what_is_being_done_and_then_the_answer_in_its_place(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=(gate, "Thirty days.")), clock=HurriedClock()):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: of_bot(discord, lobby))
        (holding,) = of_bot(discord, lobby)
        assert (holding.content, holding.buttons) == ("Writing the answer…", ("Stop",))
        gate.open()
        (answer,) = await answered(discord, lobby)
    assert answer.message is holding.message
    assert answer.content == "Thirty days."


# While it is written


async def test_an_answer_that_comes_at_once_is_one_message_that_is_never_changed(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=["Thirty", " days", " [1]."])):
        await asked(discord, bia, lobby, "vacation")
    (answer,) = of_bot(discord, lobby)
    assert not answer.edited
    assert discord.calls_to("PATCH", "/channels/*") == []


async def test_the_first_words_are_seen_with_a_button_that_stops_before_the_answer_is_finished(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=("Thirty days", gate, " at sea [1]."))):
        for place in (lobby, discord.dm(bia)):
            await discord.says(bia, place, f"{discord.mention} vacation")
            await discord.until(lambda: of_bot(discord, place))  # noqa: B023
            (begun,) = of_bot(discord, place)
            assert (begun.content, begun.buttons) == ("Thirty days", ("Stop",))
            gate.open()
            (answer,) = await answered(discord, place)
            assert answer.content == "Thirty days at sea [1]."
            assert "Stop" not in answer.buttons
            gate.opened.clear()


async def test_an_answer_is_streamed_with_few_edits_and_none_that_discord_refuses(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    clock = HurriedClock(20)
    discord.buckets.messages = (5, 5.0 / 20)
    gates = [Gate() for _ in range(60)]
    script = [piece for n, gate in enumerate(gates) for piece in (f"Word {n}. ", gate)]
    async with served(discord, tmp_path, model(vacation=script), clock=clock):
        began_s = clock.monotonic()
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        for gate in gates:
            await asyncio.sleep(0.02)
            gate.open()
        (answer,) = await answered(discord, lobby)
        took_s = clock.monotonic() - began_s
    assert answer.content.split() == "".join(f"Word {n}. " for n in range(60)).split()
    edits = discord.calls_to("PATCH", "/channels/*")
    assert 2 < len(edits) <= 2 + took_s / 1.2, "more than one change in a while"
    contents = [edit.json["content"] for edit in edits]
    assert all(after.startswith(before) for before, after in pairwise(contents))
    assert [call for call in discord.calls if call.status == 429] == []


async def test_a_long_answer_is_complete_to_the_tail_in_messages_that_can_each_be_read(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.buckets.on = False
    gate, parts = Gate(), in_pieces(LONG)
    async with served(discord, tmp_path, model(all=(*parts[:200], gate, *parts[200:])), clock=Hasty()):
        question = await discord.says(bia, lobby, f"{discord.mention} all")
        await discord.until(lambda: len(of_bot(discord, lobby)) > 5)
        gate.open()
        shown = await answered(discord, lobby)
    can_be_read(shown)
    assert squeezed(text_of(shown)) == squeezed("\n".join(pieces(LONG)))
    assert shown[-1].content.endswith("The very end [1].")
    assert [one.message.id for one in shown] == sorted((one.message.id for one in shown), key=int)
    assert shown[0].reply_to == question.id
    assert [one.buttons for one in shown if one.buttons] == [BUTTONS], "below the end, and nowhere else"
    written = [call.json["content"] or "" for call in discord.calls if "/messages" in call.path]
    assert len(written) > len(shown)
    assert all(len(one) <= MESSAGE_CHARS for one in written)
    assert all(one.count("```") % 2 == 0 for one in written), "code was left open while it was written"


async def test_code_that_goes_on_in_the_next_message_is_code_of_its_language_there(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.buckets.on = False
    code = "\n".join(f"def f{n}():\n    return [{n}]\n" for n in range(200))
    async with served(discord, tmp_path, model(all=f"Look:\n\n```python\n{code}```\n\nThat is all [1].")):
        await asked(discord, bia, lobby, "all")
    shown = of_bot(discord, lobby)
    can_be_read(shown)
    assert len(shown) > 2
    assert all(one.content.startswith("```python\n") for one in shown[1:])
    lines = [line for one in shown for line in one.content.splitlines() if not line.startswith("```")]
    assert [line for line in lines if line.strip()] == [
        *("Look:", *(line for line in code.splitlines() if line.strip())),
        "That is all [1].",
    ]


async def test_no_cut_goes_through_a_citation_or_a_line_of_a_list(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.buckets.on = False
    items = [
        f"{n}. item {n} {'x' * (n % 37)} [{n % 40 + 1}][{(n + 7) % 40 + 1}]\n   - deeper {n}" for n in range(1, 250)
    ]
    prose = " ".join(f"It is said so [{n % 40 + 1}]." for n in range(700))
    pipeline = model(all=in_pieces("\n".join(items) + f"\n\n{prose}"))
    pipeline.changes["citations"] = citations(40)
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "all")
    shown = of_bot(discord, lobby)
    can_be_read(shown)
    told = "\n".join(one.content for one in shown)
    assert re.findall(r"\[\d+\]", told) == re.findall(r"\[\d+\]", "\n".join(items) + prose)
    for one in shown:
        assert re.match(r"\s*(\d+\. item|- deeper|It is said|is said|said so|so \[)", one.content), one.content[:40]
        assert one.content.count("[") == one.content.count("]")
    lines = [line.strip() for line in told.splitlines() if re.match(r"\s*(\d+\. |- )", line)]
    assert lines == [line.strip() for item in items for line in item.splitlines()]


async def test_tables_are_read_as_aligned_code_and_wide_ones_as_lists(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(all=f"Prices:\n\n{TABLE}\n\nReasons:\n\n{WIDE}\n")):
        await asked(discord, bia, lobby, "all")
    told = text_of(of_bot(discord, lobby))
    assert re.search(r"```\nname +price\n-+ +-+\nitem 0 +0\n", told)
    assert "- **n8**: why: because because" in told
    assert "|" not in told


# At the end


async def test_an_answer_ends_with_its_sources_a_receipt_and_buttons(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation="Thirty days [1].")):
        await asked(discord, bia, lobby, "vacation")
    (answer,) = of_bot(discord, lobby)
    assert answer.content == "Thirty days [1].", "search and notifications show the answer and nothing else"
    assert answer.buttons == BUTTONS
    (embed,) = answer.embeds
    assert "**[1]** Budgets › Daily budget (docs/budget.md#daily-budget)" in embed["description"]
    assert "ref ref1" in embed["footer"]["text"]


async def test_sources_that_do_not_fit_below_an_answer_go_on_in_another_message(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.buckets.on = False
    pipeline = model(all="All of it " + "".join(f"[{n}]" for n in range(1, 41)))
    pipeline.changes["citations"] = citations(40, title="A title " * 20, quote="A quotation " * 15)
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "all")
    shown = of_bot(discord, lobby)
    assert len(shown) > 1
    listed = re.findall(r"\*\*\[(\d+)\]\*\* A title", "".join(map(embedded, shown)))
    assert listed == [str(n) for n in range(1, 41)]
    assert [one.buttons for one in shown if one.buttons] == [BUTTONS]
    assert shown[-1].buttons == BUTTONS


async def test_without_the_permission_to_embed_all_of_it_is_plain_text(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.buckets.on = False
    await discord.deny(lobby, "EMBED_LINKS")
    gate = Gate()
    async with served(discord, tmp_path, model(vacation="Thirty days [1].", slow=("Slowly", gate, " said [1]."))):
        await asked(discord, bia, lobby, "vacation")
        await discord.says(bia, lobby, f"{discord.mention} slow")
        await discord.until(lambda: len(of_bot(discord, lobby)) > 1)
        gate.open()
        shown = await answered(discord, lobby, answers=2)
    assert [one.content.partition("\n")[0] for one in shown] == ["Thirty days [1].", "Slowly said [1]."]
    for one in shown:
        assert "**[1]** Budgets › Daily budget" in one.content
        assert re.search(r"^-# .*ref ref\d", one.content, re.MULTILINE)
        assert one.buttons == BUTTONS
        assert not one.embeds
    assert len([call for call in discord.calls if call.code == 50013]) <= 1, "it does not learn what it may not do"


@pytest.mark.parametrize("denied", [(), ("ATTACH_FILES",), ("ATTACH_FILES", "EMBED_LINKS")])
async def test_a_chart_is_a_picture_with_words_or_else_bars_of_text(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, denied: tuple[str, ...]
) -> None:
    if denied:
        await discord.deny(lobby, *denied)
    access = Access(admins={"discord": Admins(users={bia.id})})
    async with served(discord, tmp_path, model(), access=access) as bot:
        books = Books(bot.talk.database, bot.talk.clock, QuotaPolicy())
        for name, micro_usd in (("large", 3_000_000), ("small", 1_000_000)):
            await spend(books, expense(micro_usd, user=bia.id, channel=lobby.id, workspace="1", model=name))
        done = await discord.slash(bia, lobby, "rag cost", by="model")
        await discord.until(lambda: done.responses and not discord.look(done.responses[0]).is_loading)
        told = discord.look(done.responses[0])
        await discord.presses(bia, told, "Share in channel")
        await discord.until(lambda: of_bot(discord, lobby))
    (shared,) = of_bot(discord, lobby)
    if denied:
        assert not shared.attachments
        assert re.search(r"```\n.*large.*[█▇▆▅]", shared.content, re.DOTALL)
    else:
        (picture,) = shared.attachments
        assert picture.bytes.startswith(b"\x89PNG")
        assert "$4.00 in all" in (picture.description or "")
    assert shared.buttons == ()


# What the bot may not do


async def test_where_the_history_may_not_be_read_the_answer_stands_there_without_a_reply(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    await discord.deny(lobby, "READ_MESSAGE_HISTORY")
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=("Thirty", gate, " days [1].")), clock=Hasty()):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: of_bot(discord, lobby))
        gate.open()
        (answer,) = await answered(discord, lobby)
    assert (answer.reply_to, answer.content, answer.buttons) == (None, "Thirty days [1].", BUTTONS)


@pytest.mark.parametrize("where", ["channel", "thread"])
async def test_who_asks_where_the_bot_may_not_write_is_told_directly_and_why(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, where: str
) -> None:
    other = discord.channel(acme, "other")
    lacks = "SEND_MESSAGES" if where == "channel" else "SEND_MESSAGES_IN_THREADS"
    await discord.deny(lobby, lacks)
    place = lobby if where == "channel" else await discord.opens_thread(bia, lobby, "Plans")
    async with served(discord, tmp_path, model(vacation="Thirty days [1].")):
        await discord.says(bia, place, f"{discord.mention} vacation")
        await discord.until(lambda: of_bot(discord, discord.dm(bia)))
        await asked(discord, bia, other, "vacation")
    (told,) = of_bot(discord, discord.dm(bia))
    assert told.content.startswith("Thirty days [1].")
    permission = "Send Messages" if where == "channel" else "Send Messages in Threads"
    assert f"I lack the permission {permission}." in told.text
    assert f"#{place.name}" in told.text
    assert of_bot(discord, place) == []


async def test_an_answer_in_a_thread_where_the_bot_may_not_write_is_told_directly(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    await discord.deny(lobby, "SEND_MESSAGES_IN_THREADS")
    async with served(discord, tmp_path, model(vacation="Thirty days [1]."), settings=THREADS):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: of_bot(discord, discord.dm(bia)) or of_bot(discord, lobby))
    shown = of_bot(discord, discord.dm(bia)) + of_bot(discord, lobby)
    assert [one.content.partition("\n")[0] for one in shown] == ["Thirty days [1]."]


async def test_who_takes_no_direct_messages_holds_up_nobody_else(
    discord: Discord, acme: Guild, lobby: Channel, tmp_path: Path
) -> None:
    shut = discord.person("Shut", guilds=[acme], takes_dms=False)
    other = discord.channel(acme, "other")
    await discord.deny(lobby, "SEND_MESSAGES")
    async with served(discord, tmp_path, model(vacation="Thirty days.")) as bot:
        await discord.says(shut, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: [one for one in discord.calls if one.code == 50007])
        await asked(discord, shut, other, "vacation")
        assert not bot.task.done()
    assert of_bot(discord, lobby) == []
