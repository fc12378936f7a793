"""Commands in Discord: `/ask` for all, `/rag` for the eyes of whoever calls it, `/rag-admin` for admins."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.chats import DiscordSettings
from tests.fakes.discord import Channel, Discord, Guild, User
from tests.fakes.discord.command_rules import CHAT
from tests.fakes.discord.model import COMMAND
from tests.fakes.scripted_pipeline import one_too_many
from tests.scenarios.discord_presses import VACATION, called, settled, spent, told
from tests.scenarios.discord_talks import answered, asked, can_be_read, of_bot, served
from tests.scenarios.talks import Gate, Hasty, model

GREAT_ADMIN = "MANAGE_GUILD"


@pytest.fixture
def cid(discord: Discord, acme: Guild) -> User:
    return discord.person("Cid", guilds=[acme])


# /ask


async def test_ask_is_answered_for_all_in_one_message_that_says_who_asks_what(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        assert made.deferred
        assert not made.ephemeral
        (answer,) = await answered(discord, lobby, by=cid)
    assert answer.message is made.original
    assert "Bia asks:** vacation" in answer.content
    assert "Thirty days [1]." in answer.content
    assert "Budgets › Daily budget" in answer.text
    assert "Why?" in answer.buttons
    can_be_read([answer])


async def test_ask_streams_into_its_own_answer(discord: Discord, bia: User, lobby: Channel, tmp_path: Path) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=("Thirty ", gate, "days [1].")), clock=Hasty()):
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        await discord.until(lambda: "Thirty" in of_bot(discord, lobby)[0].content)
        (under_way,) = of_bot(discord, lobby)
        assert under_way.buttons == ("Stop",)
        assert "Bia asks:" in under_way.content
        gate.open()
        (answer,) = await answered(discord, lobby)
    assert answer.message is made.original
    assert "Thirty days [1]." in answer.content


async def test_a_question_of_ask_is_shown_as_it_was_typed_and_calls_nobody(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    question = f"is it *true*, @everyone and {cid.mention}? ||no||"
    pipeline = model()
    async with served(discord, tmp_path, pipeline):
        await discord.slash(bia, lobby, "ask", question=question)
        (answer,) = await answered(discord, lobby)
    assert not answer.pings
    assert "everyone and @Cid?" in answer.content.replace("\u200b", "")
    assert cid.id not in answer.content
    assert "@Cid?" in pipeline.asked[0].question, "as in a message, people are named"
    for typed in ("*true*", "||no||"):
        assert f" {typed}" not in answer.content, "it is shown, and not obeyed"


async def test_whoever_replies_to_the_answer_of_ask_by_the_bots_name_goes_on_with_the_conversation(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION, more="More [1].", still_more="Still more [1].")
    async with served(discord, tmp_path, pipeline) as bot:
        await discord.slash(bia, lobby, "ask", question="vacation")
        (answer,) = await answered(discord, lobby)
        await settled(bot)
        follow_up = await discord.says(cid, lobby, f"{discord.mention} more", reply_to=answer)
        _, second = await answered(discord, lobby, answers=2)
        await settled(bot)
        assert second.reply_to == follow_up.id
        await discord.says(bia, lobby, "still more", reply_to=second)
        await answered(discord, lobby, answers=3)
    before = [[turn.text for turn in asked.history] for asked in pipeline.asked]
    assert before == [[], ["vacation", VACATION], ["vacation", VACATION, "more", "More [1]."]]


async def test_with_the_message_content_intent_a_reply_to_the_answer_of_ask_needs_no_name(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION, more="More [1].")
    async with served(discord, tmp_path, pipeline, settings=DiscordSettings(follow_ups=True)) as bot:
        await discord.slash(bia, lobby, "ask", question="vacation")
        (answer,) = await answered(discord, lobby)
        await settled(bot)
        await discord.says(cid, lobby, "more", reply_to=answer)
        await answered(discord, lobby, answers=2)
    assert [turn.text for turn in pipeline.asked[-1].history] == ["vacation", VACATION]


async def test_a_reply_to_the_answer_of_ask_that_cannot_be_read_is_answered_with_how_to_go_on(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    """Discord tells no words of it: github.com/discord/discord-api-docs/issues/5395 (2026-12)."""
    pipeline = model(vacation=VACATION)
    async with served(discord, tmp_path, pipeline) as bot:
        await discord.slash(bia, lobby, "ask", question="vacation")
        (answer,) = await answered(discord, lobby)
        await settled(bot)
        message = await discord.says(cid, lobby, "more", reply_to=answer)
        await discord.until(lambda: len(of_bot(discord, lobby)) == 2)
    told_how = of_bot(discord, lobby)[1]
    assert "begin with my name" in told_how.text
    assert told_how.reply_to == message.id
    assert len(pipeline.asked) == 1


async def test_a_thread_below_the_answer_of_ask_goes_on_with_the_conversation(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION, more="More [1].")
    async with served(discord, tmp_path, pipeline) as bot:
        await discord.slash(bia, lobby, "ask", question="vacation")
        (answer,) = await answered(discord, lobby)
        await settled(bot)
        thread = await discord.opens_thread(bia, lobby, "Holidays", message=answer.message)
        await discord.says(bia, thread, f"{discord.mention} more")
        await answered(discord, thread)
    assert [turn.text for turn in pipeline.asked[-1].history][-2:] == ["vacation", VACATION]


async def test_whoever_asks_is_named_as_the_server_knows_them_and_their_name_does_nothing(
    discord: Discord, acme: Guild, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    await discord.joins(eve := discord.person("Eve"), acme, nick=f"**Eve** @everyone {cid.mention}")
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await discord.slash(eve, lobby, "ask", question="vacation")
        (answer,) = await answered(discord, lobby)
    assert answer.content.startswith("**")
    assert "\\*\\*Eve\\*\\*" in answer.content.splitlines()[0]
    assert "@everyone" not in answer.content
    can_be_read([answer])


async def test_the_longest_question_that_can_be_typed_is_asked_whole(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    question = f"{'why ' * 495}and when?"
    pipeline = model(**{question: "Because [1]."})
    async with served(discord, tmp_path, pipeline):
        await discord.slash(bia, lobby, "ask", question=question)
        (answer,) = await answered(discord, lobby)
    assert pipeline.asked[0].question == question
    assert "Because [1]." in answer.content
    can_be_read([answer])


async def test_who_may_ask_no_more_is_told_so_alone_and_nothing_is_left_in_the_channel(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    pipeline.refusal = one_too_many()
    async with served(discord, tmp_path, pipeline):
        refused = await called(discord, bia, lobby, "ask", question="vacation")
        assert refused.ephemeral
        assert "Please ask again" in refused.text
    assert of_bot(discord, lobby, by=cid) == []


# /rag


async def test_rag_is_for_the_eyes_of_whoever_calls_it(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    expected = {
        "help": "`/rag cost`", "cost": "You, ", "sources": "team_docs", "status": "ragbot 0.1.0", "budget": "budget",
        "limits": "limited", "models": "acme/large", "search": "The documents have nothing", "why": "no answer here",
    }  # fmt: skip
    async with served(discord, tmp_path, model()):
        for command, words in expected.items():
            options = {"text": "vacation"} if command == "search" else {}
            shown = await called(discord, bia, lobby, f"rag {command}", **options)
            assert shown.ephemeral, command
            assert words in shown.text, command
            can_be_read([shown])
        assert of_bot(discord, lobby, by=cid) == []


async def test_help_calls_commands_as_they_are_typed_here(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()):
        shown = await called(discord, bia, lobby, "rag help")
        assert "`/rag cost`" in shown.text
        assert "`/ask <" in shown.text
        assert "/rag-admin" not in shown.text
        assert "`/cost" not in shown.text
        one = await called(discord, bia, lobby, "rag help", command="cost")
        assert "/rag cost month by model" in one.text


async def test_a_command_says_of_itself_what_its_options_mean(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()) as bot:
        await spent(bot, bia, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", period="month", by="model")
        assert "$4.00" in shown.text
        assert "acme/large" in shown.text
        shown = await called(discord, bia, lobby, "rag sources", collection="team_docs")
        assert "page-010.md" in shown.text


async def test_what_does_not_fit_is_answered_with_one_kind_sentence_and_an_example(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    access = Access(admins=Admins(users=frozenset({bia.id})))
    async with served(discord, tmp_path, model(), access=access):
        shown = await called(discord, bia, lobby, "rag budget", action="set", amount="a lot")
    assert shown.ephemeral
    assert shown.text.startswith("I did not understand what comes after `/rag budget`. Try, for example: `/rag budget")
    assert "\n" not in shown.text.strip()


async def test_a_command_that_an_older_version_registered_is_answered_kindly(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    data = {"id": "1", "name": "rag", "type": CHAT, "options": [{"name": "costt", "type": 1, "options": []}]}
    async with served(discord, tmp_path, model()):
        shown = await told(discord, await discord._does(COMMAND, bia, lobby, data, "guild", wait=True))
    assert shown.ephemeral
    assert "`/rag cost`" in shown.text


async def test_a_command_about_the_last_answer_means_the_last_one_of_that_person_there(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION, sick="Ten days [1].")
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "vacation")
        await asked(discord, cid, lobby, "sick")
        shown = await called(discord, bia, lobby, "rag quotes")
        assert shown.ephemeral
        assert "“vacation”" in shown.text
        assert "Passages" in (await called(discord, bia, lobby, "rag why")).text
        assert "Thank you" in (await called(discord, bia, lobby, "rag good")).text
        await discord.slash(bia, lobby, "rag retry")
        await discord.until(lambda: len(pipeline.asked) == 3)
        assert pipeline.asked[-1].question == "vacation"


# /rag-admin


async def test_what_is_for_admins_is_not_even_offered_to_others(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    boss = discord.person("Boss", guilds=[acme], roles=[discord.role(acme, "bosses", GREAT_ADMIN)])
    async with served(discord, tmp_path, model(), access=Access(admins=Admins(users=frozenset({boss.id})))):
        with pytest.raises(AssertionError, match="is not offered"):
            await discord.slash(bia, lobby, "rag-admin report")
        shown = await called(discord, boss, lobby, "rag-admin report")
        assert shown.ephemeral
        assert "admins" not in shown.text
        assert "`/rag-admin report`" in (await called(discord, boss, lobby, "rag help")).text


async def test_who_was_given_an_admins_command_and_is_none_is_refused_kindly(
    discord: Discord, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    guest = discord.person("Guest", guilds=[acme], roles=[discord.role(acme, "helpers", GREAT_ADMIN)])
    async with served(discord, tmp_path, model()):
        for name, options in (("report", {}), ("alerts", {"action": "here"})):
            shown = await called(discord, guest, lobby, f"rag-admin {name}", **options)
            assert shown.ephemeral
            assert "for admins" in shown.text or "Only admins" in shown.text
            assert f"`/rag-admin {name}`" in shown.text
        shown = await called(discord, guest, lobby, "rag budget", action="set", amount="5", whose="channel")
        assert "Only admins may change that" in shown.text


async def test_a_role_makes_admins(discord: Discord, lobby: Channel, acme: Guild, tmp_path: Path) -> None:
    role = discord.role(acme, "bosses", GREAT_ADMIN)
    boss = discord.person("Boss", guilds=[acme], roles=[role])
    async with served(discord, tmp_path, model(), access=Access(admins=Admins(roles=frozenset({role.id})))):
        shown = await called(discord, boss, lobby, "rag-admin alerts", action="here")
        assert "posted here from now on" in shown.text


# What is proposed while somebody types


async def test_models_collections_amounts_and_commands_are_proposed_while_they_are_typed(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()):
        assert await discord.completes(bia, lobby, "rag models", "model", "lar") == ["acme/large"]
        assert "fastest" in await discord.completes(bia, lobby, "rag models", "model", "")
        assert await discord.completes(bia, lobby, "rag sources", "collection", "te") == ["team_docs"]
        assert await discord.completes(bia, lobby, "rag budget", "amount", "2,50") == ["$2.50"]
        assert "unlimited" in await discord.completes(bia, lobby, "rag budget", "amount", "unl")
        (cost, *_) = await discord.completes(bia, lobby, "rag help", "command", "cos")
        assert cost.startswith("cost: ")
        assert await discord.completes(bia, lobby, "rag models", "model", "zzzz") == []


async def test_only_channels_that_somebody_sees_are_proposed_to_them_and_at_most_25(
    discord: Discord, bia: User, cid: User, lobby: Channel, acme: Guild, *, tmp_path: Path
) -> None:
    secret = discord.channel(acme, "lobby-secret")
    for number in range(40):
        discord.channel(acme, f"room-{number}")
    await discord.deny(secret, "VIEW_CHANNEL", to=bia)
    async with served(discord, tmp_path, model()):
        assert await discord.completes(bia, lobby, "rag cost", "spender", "lob") == ["#lobby"]
        assert await discord.completes(cid, lobby, "rag cost", "spender", "lob") == ["#lobby", "#lobby-secret"]
        proposed = await discord.completes(bia, lobby, "rag cost", "spender", "")
        assert len(proposed) == 25
        assert "mine" in proposed


async def test_collections_that_may_not_be_read_there_are_not_proposed(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(), access=Access(audiences={lobby.id: ["default"]})):
        assert await discord.completes(bia, lobby, "rag sources", "collection", "") == ["default"]


async def test_a_channel_that_was_proposed_is_one_whose_cost_is_shown(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    access = Access(admins=Admins(users=frozenset({bia.id})))
    async with served(discord, tmp_path, model(), access=access) as bot:
        await spent(bot, bia, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", spender=lobby.mention, period="month")
    assert "$4.00" in shown.text
    assert "#lobby" in shown.text or "This channel" in shown.text


# Languages


async def test_people_are_told_in_their_own_language(discord: Discord, acme: Guild, tmp_path: Path) -> None:
    rui = discord.person("Rui", guilds=[acme], locale="pt-BR")
    geral = discord.channel(acme, "geral")
    async with served(discord, tmp_path, model(vacation="Trinta dias [1].")):
        shown = await called(discord, rui, geral, "rag help")
        assert "Também conheço estes comandos" in shown.text
        await discord.slash(rui, geral, "ask", question="vacation")
        await discord.until(lambda: "Por quê?" in of_bot(discord, geral)[-1].buttons)
        (answer,) = of_bot(discord, geral)
        assert "Rui pergunta:** vacation" in answer.content
        proposed = await discord.completes(rui, geral, "rag help", "command", "cust")
        assert proposed
        assert "gasto" in proposed[0] or "gast" in proposed[0]


async def test_commands_have_names_and_descriptions_in_portuguese(discord: Discord, tmp_path: Path) -> None:
    async with served(discord, tmp_path, model()):
        registered = {command["name"]: command for command in discord.registry.all(None)}
    assert registered["ask"]["name_localizations"]["pt-BR"] == "perguntar"
    assert registered["ask"]["options"][0]["name_localizations"]["pt-BR"] == "pergunta"
    subcommands = {option["name"]: option for option in registered["rag"]["options"]}
    assert subcommands["cost"]["name_localizations"]["pt-BR"] == "custo"
    for command in (*registered.values(), *subcommands.values()):
        assert command["type"] == 3 or command["description_localizations"]["pt-BR"]
    assert registered["Ask about this message"]["name_localizations"]["pt-BR"] == "Perguntar sobre esta mensagem"
    assert registered["rag-admin"]["default_member_permissions"] == "32"
    assert registered["rag"].get("default_member_permissions") is None


async def test_a_command_in_a_forum_post_knows_what_the_post_is_called(
    discord: Discord, bia: User, acme: Guild, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days.")
    async with served(discord, tmp_path, pipeline):
        post = await discord.posts(bia, discord.forum(acme, "questions"), "Holidays in Brazil", "Who knows?")
        for _ in range(2):
            await discord.slash(bia, post, "ask", question="vacation")
        await answered(discord, post, answers=2)
    assert [turn.text for turn in pipeline.asked[0].history] == ["Holidays in Brazil"]
