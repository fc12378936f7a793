"""Discord's gateway drops, and old answers cannot be changed: nothing is lost, and nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, Seen, User
from tests.scenarios.discord_scene import HEAD, MORE, TAIL, is_whole, scene
from tests.scenarios.discord_talks import answered, asked, of_bot, served
from tests.scenarios.talks import Model, model

# Messages that are old


@pytest.mark.parametrize("how", ["again by its button", "by an edit of the question"])
@pytest.mark.parametrize("told", ["429 with hours to wait", "429", "400"])
async def test_an_old_answer_that_may_not_be_changed_any_more_is_written_anew(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, how: str, told: str
) -> None:
    discord.buckets.on = False
    pipeline = model(old=f"{HEAD}{MORE}\n\n{TAIL}", new="New words.")
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        question = await asked(discord, bia, lobby, "old")
        refuse_edits_of_old_messages(discord, told)
        if how == "again by its button":
            pipeline.script["old"] = pipeline.script["new"]
            await discord.presses(bia, of_bot(discord, lobby)[-1], "Try again")
        else:
            await discord.edits(question, f"{discord.mention} new")
        await discord.until(lambda: [one.content for one in of_bot(discord, lobby)] == ["New words."])
        (answer,) = await answered(discord, lobby)
    assert answer.reply_to == question.id
    assert answer.embeds


def refuse_edits_of_old_messages(discord: Discord, how: str) -> None:
    """Discord says 30046 with any status; where it says when to try again, that may be soon or in an hour."""
    if how == "429 with hours to wait":
        discord.pass_time(3_700)
        discord.buckets.on, discord.buckets.messages, discord.buckets.old_edits = True, (100, 1.0), (0, 3_600.0)
        return
    told = {"message": "Maximum number of edits to messages older than 1 hour reached.", "code": 30046}
    told |= {"retry_after": 0.05, "global": False} if how == "429" else {}
    for message in discord.everything:  # those that stand there by now
        path = f"/channels/*/messages/{message}"
        discord._order("PATCH", path, times=1_000, skip=0, status=int(how), body=told)


@pytest.mark.parametrize("step", ["first", "second"])
async def test_an_old_answer_can_be_called_bad(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, step: str
) -> None:
    async with served(discord, tmp_path, model(vacation="Thirty days."), clock=HurriedClock()) as bot:
        await asked(discord, bia, lobby, "vacation")
        refuse_edits_of_old_messages(discord, "429 with hours to wait")
        for _ in range(1 if step == "first" else 2):
            opened = await discord.presses(bia, of_bot(discord, lobby)[0], "Bad answer")
            assert opened.modal is not None
            field = next(iter(opened.modal.inputs))
            done = await discord.submits(opened, **{field: "Thirty-three"})
            await discord.until(lambda: done.responses and not discord.look(done.responses[-1]).is_loading)  # noqa: B023
            assert not done.failed
        assert not bot.task.done()
    assert [one.content for one in of_bot(discord, lobby) if not one.ephemeral] == ["Thirty days."]


# The gateway


async def _drops(discord: Discord, how: str) -> None:
    match how:
        case "op 7":
            await discord.asks_to_reconnect()
        case "op 9, resumable" | "op 9":
            await discord.invalidates(resumable=how != "op 9")
        case "deaf":
            discord.goes_silent()
        case _:
            await discord.drops(int(how))


@pytest.mark.parametrize("how", ["1006", "4000", "op 7", "op 9, resumable", "op 9"])
@pytest.mark.parametrize("at", ["before the first word", "while it is written", "before the end"])
async def test_a_gateway_that_drops_leaves_one_complete_answer(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, at: str, how: str
) -> None:
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        first, second, third = made.gates
        if at == "before the first word":
            discord.delay("POST", f"/channels/{lobby.id}/messages", 0.1, times=1)
        await made.ask()
        if at == "before the first word":
            await discord.until(lambda: discord.typing(lobby))
            await _drops(discord, how)
        await made.see("begins")
        if at == "while it is written":
            await _drops(discord, how)
        first.open()
        second.open()
        await made.see("Paragraph 19")
        if at == "before the end":
            await _drops(discord, how)
        third.open()
        await answered(discord, lobby)
        is_whole(made)
        await discord.until(lambda: discord.sessions)
        await asked(discord, bia, made.other, "more")
        is_whole(made)
    assert [one.content for one in of_bot(discord, made.other)] == ["More."]


@pytest.mark.parametrize("how", ["1006", "4000", "op 7"])
async def test_what_is_asked_changed_and_deleted_while_the_gateway_is_away_is_done_once_it_is_back(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, how: str
) -> None:
    discord.buckets.on = False
    pipeline: Model = model(one="One.", two="Two.", three="Three.", four="Four.")
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        changed = await asked(discord, bia, lobby, "one")
        deleted = await asked(discord, bia, lobby, "two")
        await _drops(discord, how)
        await discord.edits(changed, f"{discord.mention} three")
        await discord.deletes(deleted)
        asked_now = await discord.says(bia, lobby, f"{discord.mention} four")
        await discord.until(lambda: sorted(map(first_line, of_bot(discord, lobby))) == ["Four.", "Three."])
        await answered(discord, lobby, answers=2)
        assert discord.sessions[0].resumed == 1
    assert {one.content: one.reply_to for one in of_bot(discord, lobby)} == {
        "Three.": changed.id,
        "Four.": asked_now.id,
    }
    assert sorted(one.question for one in pipeline.asked) == ["four", "one", "three", "two"], "asked once each"


def first_line(one: Seen) -> str:
    return one.content.partition("\n")[0]


async def test_a_socket_that_is_alive_but_deaf_is_given_up_and_what_was_said_is_heard(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.heartbeat_s = 0.3
    async with served(discord, tmp_path, model(vacation="Thirty days."), clock=HurriedClock()):
        await discord.until(lambda: discord.sessions[0].heartbeats > 1)
        discord.goes_silent()
        await asked(discord, bia, lobby, "vacation")
        assert discord.sessions[0].resumed == 1
    assert [one.content for one in of_bot(discord, lobby)] == ["Thirty days."]
