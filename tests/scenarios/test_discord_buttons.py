"""Buttons in Discord: they work in any process and on any shard, once, for whoever may."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.chats import DiscordSettings
from tests.fakes.discord import Channel, Discord, Guild, Seen, User, open_discord
from tests.fakes.discord.components import buttons
from tests.fakes.scripted_pipeline import EVIDENCE, one_too_many
from tests.scenarios.discord_presses import VACATION, called, settled, spent, standing, told, verdicts, whispered
from tests.scenarios.discord_talks import answered, asked, of_bot, served
from tests.scenarios.talks import Gate, Hasty, model


@pytest.fixture
def cid(discord: Discord, acme: Guild) -> User:
    return discord.person("Cid", guilds=[acme])


def custom_ids(shown: Seen) -> list[str]:
    return [button["custom_id"] for button in buttons(shown.message.components)]


# Thumbs


async def test_a_thumb_up_is_written_down_once_however_often_it_is_pressed(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)) as bot:
        await asked(discord, bia, lobby, "vacation")
        (answer,) = of_bot(discord, lobby)
        assert "Thank you" in (await whispered(discord, cid, answer, "Good answer")).text
        await asyncio.gather(*(whispered(discord, cid, answer, "Good answer") for _ in range(3)))
        assert await verdicts(bot) == [(cid.id, "good", "")]
        assert len(of_bot(discord, lobby, by=bia)) == 1, "nobody else is told"


# What tells more


async def test_why_and_sources_are_told_to_whoever_presses(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await asked(discord, bia, lobby, "vacation")
        (answer,) = of_bot(discord, lobby)
        assert "Passages that I read" in (await whispered(discord, cid, answer, "Why?")).text
        sources = await whispered(discord, cid, answer, "Sources")
        assert "“Set" in sources.text
        assert "Budgets › Daily budget" in sources.text
        assert len(of_bot(discord, lobby, by=bia)) == 1


async def test_buttons_work_in_a_direct_message(discord: Discord, bia: User, tmp_path: Path) -> None:
    private = discord.dm(bia)
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await discord.says(bia, private, "vacation")
        (answer,) = await answered(discord, private)
        assert "Share in channel" not in answer.buttons
        await discord.presses(bia, answer, "Why?")
        await discord.until(lambda: "Passages" in of_bot(discord, private)[1].text)


async def test_a_button_works_after_a_restart_and_in_another_process(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        question = await asked(discord, bia, lobby, "vacation")
    (answer,) = of_bot(discord, lobby)
    async with served(discord, tmp_path, model(vacation="Thirty-one days [1]."), prefix="new") as bot:
        assert "Passages" in (await whispered(discord, cid, answer, "Why?")).text
        await discord.presses(cid, answer, "Try again")
        await discord.until(lambda: "Thirty-one" in of_bot(discord, lobby)[0].content)
        (again,) = await answered(discord, lobby)
        assert again.message is answer.message, "the same message"
        assert again.reply_to == question.id
        opened = await discord.presses(cid, again, "Bad answer")
        assert opened.modal is not None
    async with served(discord, tmp_path, model(), prefix="newer") as bot:
        await told(discord, await discord.submits(opened, text="it is 32"))
        assert await verdicts(bot, 1) == [(cid.id, "bad", "it is 32")]


async def test_a_button_works_on_another_shard_in_another_process(tmp_path: Path) -> None:
    def part(*ids: int) -> DiscordSettings:
        return DiscordSettings.model_validate({"shards": {"count": 2, "ids": ids}})

    async with open_discord(shards=2) as discord:
        guilds = [discord.guild("One"), discord.guild("Two")]
        rooms = [discord.channel(guild, "room") for guild in guilds]
        bia = discord.person("Bia", guilds=guilds)
        async with (
            served(discord, tmp_path, model(vacation=VACATION), settings=part(0)),
            served(discord, tmp_path, model(vacation=VACATION), settings=part(1), prefix="two"),
        ):
            for room in rooms:
                await asked(discord, bia, room, "vacation")
        async with (
            served(discord, tmp_path, model(vacation=VACATION), settings=part(1), prefix="three"),
            served(discord, tmp_path, model(vacation=VACATION), settings=part(0), prefix="four"),
        ):
            for room in rooms:
                assert "Passages" in (await whispered(discord, bia, of_bot(discord, room)[0], "Why?")).text
            # What was asked in a direct message comes over the first shard alone.
            private = discord.dm(bia)
            await discord.says(bia, private, "vacation")
            (answer,) = await answered(discord, private)
            await discord.presses(bia, answer, "Why?")
            await discord.until(lambda: "Passages" in of_bot(discord, private)[1].text)


# Who may


async def test_what_may_be_read_is_looked_at_again_when_a_button_is_pressed(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    pipeline.changes["evidence"] = (replace(EVIDENCE, title="Salaries", collection="secret"),)
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "vacation")
        (answer,) = of_bot(discord, lobby)
        assert "Salaries" in (await whispered(discord, bia, answer, "Why?")).text
    now = Access(audiences={lobby.id: ["handbook"]})
    async with served(discord, tmp_path, pipeline, access=now, prefix="new"):
        for button in ("Why?", "Sources"):
            shown = await whispered(discord, bia, answer, button)
            assert "Salaries" not in shown.text
            assert "daily" not in shown.text


async def test_who_may_ask_no_more_is_told_so_and_the_answer_stays(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "vacation")
        pipeline.refusal = one_too_many()
        (answer,) = of_bot(discord, lobby)
        assert "10 questions" in (await whispered(discord, cid, answer, "Try again")).text
        assert "Thirty days [1]." in of_bot(discord, lobby)[0].content
        assert "Try again" in of_bot(discord, lobby)[0].buttons


async def test_a_button_of_an_answer_elsewhere_tells_nothing_here(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    other = discord.channel(acme, "other")
    async with served(discord, tmp_path, model(vacation=VACATION, more="More.")):
        await asked(discord, bia, lobby, "vacation")
        await asked(discord, bia, other, "more")
        (answer,) = of_bot(discord, other)
        data = {"custom_id": "ragbot:why:ref1", "component_type": 2, "id": 1}
        shown = await told(discord, await discord._uses(bia, answer.message, data, wait=True))
    assert shown.text == "I find no answer here that this could be about."


# Try again


async def test_trying_again_twice_at_once_answers_once_in_the_same_message(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    async with served(discord, tmp_path, pipeline) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        (answer,) = of_bot(discord, lobby)
        gate = Gate()
        pipeline.script |= model(vacation=("Thirty-one ", gate, "days [1].")).script
        first = await discord.presses(bia, answer, "Try again", wait=False)
        second = await discord.presses(cid, answer, "Try again", wait=False)
        await discord.until(lambda: standing(first) or standing(second))
        (refused,) = [*standing(first), *standing(second)]
        # Which of the two depends on whether the question has its new reference by then.
        shown = discord.look(refused)
        assert "being answered already" in shown.text or "I find no answer here" in shown.text
        assert shown.ephemeral
        gate.open()
        await discord.until(lambda: "Thirty-one days" in of_bot(discord, lobby)[0].content)
        await answered(discord, lobby)
        assert len(pipeline.asked) == 2
    assert len(of_bot(discord, lobby)) == 1


# Stop


async def test_stop_leaves_what_was_written_labelled(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    never = Gate()
    async with served(discord, tmp_path, model(vacation=("Thirty ", never, "days")), clock=Hasty()):
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: "Stop" in of_bot(discord, lobby)[0].buttons)
        await discord.presses(bia, of_bot(discord, lobby)[0], "Stop")
        (answer,) = await answered(discord, lobby)
    assert "Thirty" in answer.content
    assert "Stopped. The answer is not complete." in answer.text
    assert "Stop" not in answer.buttons


async def test_stop_ends_an_answer_of_ask_and_one_of_another_process(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    never = Gate()
    pipeline = model(vacation=("Thirty ", never, "days"))
    async with served(discord, tmp_path, pipeline, clock=Hasty()), served(discord, tmp_path, pipeline, prefix="two"):
        await discord.slash(bia, lobby, "ask", question="vacation")
        await discord.until(lambda: "Stop" in of_bot(discord, lobby)[0].buttons)
        await discord.presses(bia, of_bot(discord, lobby)[0], "Stop")
        (answer,) = await answered(discord, lobby)
    assert "Stopped. The answer is not complete." in answer.text


async def test_stop_when_nothing_is_written_any_more_is_told_to_whoever_pressed(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        data = {"custom_id": "ragbot:stop:ref1", "component_type": 2, "id": 1}
        message = of_bot(discord, lobby)[0].message
        shown = await told(discord, await discord._uses(bia, message, data, wait=True))
    assert shown.ephemeral
    assert shown.text == "Nothing is being answered here at the moment."


# Sharing


async def test_a_private_figure_is_shared_with_its_sharers_name_and_its_picture_once(
    discord: Discord, bia: User, cid: User, lobby: Channel, acme: Guild, *, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()) as bot:
        await spent(bot, bia, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", period="month", by="model")
        assert "Share in channel" in shown.buttons
        assert of_bot(discord, lobby, by=cid) == []
        await discord.presses(bia, shown, "Share in channel")
        await discord.until(lambda: of_bot(discord, lobby, by=cid))
    (shared,) = of_bot(discord, lobby, by=cid)
    assert "Shared by" in shared.text
    assert "Bia" in shared.text or bia.mention in shared.text
    assert "$4.00" in shared.text
    assert "Share in channel" not in shared.buttons
    assert shared.attachments
    assert "$" in (shared.attachments[0].description or "")
    assert not shared.pings


async def test_sharing_twice_at_once_shows_it_once(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()) as bot:
        await spent(bot, bia, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", period="month", by="model")
        await asyncio.gather(*(discord.presses(bia, shown, "Share in channel") for _ in range(3)))
        await discord.until(lambda: of_bot(discord, lobby))
    assert len(of_bot(discord, lobby)) == 1


async def test_sharing_names_the_command_whose_figures_these_are(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()) as bot:
        await spent(bot, bia, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", period="month", by="model")
        await discord.presses(bia, shown, "Share in channel")
        await discord.until(lambda: of_bot(discord, lobby))
    assert "/rag cost month model" in of_bot(discord, lobby)[0].text.replace(" by ", " ")


async def test_sharing_without_the_permission_to_attach_shows_bars_of_text(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    await discord.deny(lobby, "ATTACH_FILES")
    async with served(discord, tmp_path, model()) as bot:
        await spent(bot, bia, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", period="month", by="model")
        await discord.presses(bia, shown, "Share in channel")
        await discord.until(lambda: of_bot(discord, lobby))
    (shared,) = of_bot(discord, lobby)
    assert shared.attachments == ()
    assert any(mark in shared.content for mark in "▏█▌")


async def test_nobody_shares_the_private_card_of_somebody_else(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()):
        shown = await called(discord, bia, lobby, "rag cost")
        with pytest.raises(AssertionError, match="does not see"):
            await discord.presses(cid, shown, "Share in channel")
        share = next(one for one in custom_ids(shown) if one.startswith("ragbot:share:"))
        data = {"custom_id": share, "component_type": 2, "id": 1}
        refused = await told(discord, await discord._uses(cid, shown.message, data, wait=True))
        assert refused.ephemeral
        assert "Only whoever called that can share it" in refused.text
    assert of_bot(discord, lobby) == []


async def test_who_is_no_admin_any_more_shares_no_figures_of_others(
    discord: Discord, bia: User, cid: User, lobby: Channel, acme: Guild, *, tmp_path: Path
) -> None:
    access = Access(admins=Admins(users=frozenset({bia.id})))
    async with served(discord, tmp_path, model(), access=access) as bot:
        await spent(bot, cid, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", spender="everything", period="month")
        assert "$4.00" in shown.text
    async with served(discord, tmp_path, model(), prefix="new"):
        refused = await whispered(discord, bia, shown, "Share in channel")
        assert "$4.00" not in refused.text
    assert of_bot(discord, lobby) == []


# What was told in a direct message


async def test_the_buttons_of_what_was_told_directly_are_about_the_channel_where_it_was_asked(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    wording = "how much did we spend this month?"
    pipeline = model(**{wording.replace(" ", "_"): "The plan says so [1]."})
    places = (lobby, discord.dm(bia))

    def having(button: str) -> list[Seen]:
        return [one for place in places for one in of_bot(discord, place) if button in one.buttons]

    async with served(discord, tmp_path, pipeline) as bot:
        await spent(bot, bia, lobby, acme)
        await discord.says(bia, lobby, f"{discord.mention} {wording}")
        await discord.until(lambda: len(having("Share in channel")) == len(having("Ask the documents")) == 1)
        await settled(bot)
        await discord.presses(bia, having("Share in channel")[0], "Share in channel")
        await discord.until(lambda: any("Shared by" in one.text for one in of_bot(discord, lobby)))
        await discord.presses(bia, having("Ask the documents")[0], "Ask the documents")
        await discord.until(lambda: any("The plan says so" in one.content for one in of_bot(discord, lobby)))


async def test_the_books_are_asked_by_a_button(discord: Discord, bia: User, lobby: Channel, tmp_path: Path) -> None:
    wording = "how much did we spend this month?"
    async with served(discord, tmp_path, model(**{wording.replace(" ", "_"): "The plan says so [1]."})):
        await discord.slash(bia, lobby, "ask", question=wording)
        (answer,) = await answered(discord, lobby)
        assert "Ask the books" in answer.buttons
        assert "$0.00" in (await whispered(discord, bia, answer, "Ask the books")).text


# What nobody should send


@pytest.mark.parametrize(
    "custom_id",
    ["ragbot:drop_tables:ref1", "ragbot:why:x' OR '1'='1", "ragbot:why:\u0000", "ragbot:good:", "other", "ragbot:"],
)
async def test_a_button_that_nobody_knows_is_answered_kindly(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, custom_id: str, *, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await asked(discord, bia, lobby, "vacation")
        data = {"custom_id": custom_id, "component_type": 2, "id": 1}
        made = await discord._uses(bia, of_bot(discord, lobby)[0].message, data, wait=True)
        assert made.answered, "an older version may have made it"
        assert (await told(discord, made)).ephemeral
    assert len(of_bot(discord, lobby)) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_buttons_never_have_ids_that_discord_refuses_and_are_then_about_the_last_answer(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), prefix="r" * 150):
        await asked(discord, bia, lobby, "vacation")
        (answer,) = of_bot(discord, lobby)
        assert all(len(custom_id) <= 100 for custom_id in custom_ids(answer))
        assert "Passages" in (await whispered(discord, bia, answer, "Why?")).text
