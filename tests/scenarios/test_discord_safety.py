"""Nothing that a model, a document or a person writes acts in Discord: it is shown as it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.chats import DiscordSettings
from rag.errors import ConfigurationError, ConfigurationProblem
from tests.fakes.discord import Channel, Discord, Guild, Seen, User
from tests.fakes.discord.message_shapes import message_json
from tests.scenarios.discord_presses import told
from tests.scenarios.discord_talks import answered, asked, is_finished, of_bot, served, text_of
from tests.scenarios.talks import Gate, Hasty, citations, model

# As they are typed, with look-alikes and entities, in code, and in links that carry them.
CALLS = (
    "@everyone",
    "@here",
    "<@{user}>",
    "<@!{user}>",
    "<@&{role}>",
    "<#{channel}>",
    "`@everyone`",
    "```\n@here <@{user}>\n```",
    "[x](@everyone)",
    "[@everyone](https://x.test)",
    "https://x.test/@everyone",
    "&#64;everyone",
    "&lt;@{user}&gt;",
    "\\<@{user}\\>",
    "\\@everyone",
    "**@**everyone",
    "@every<!-- -->one",
    "| @here | b |\n|---|---|\n| <@{user}> | <@&{role}> |",
    "</ask:{user}>",
)
OWN = ("docs/", "https://docs.test")


@pytest.fixture
def role_id(discord: Discord, acme: Guild) -> str:
    """A role that anybody may mention."""
    return discord.role(acme, "helpdesk", mentionable=True).id


@pytest.fixture
def calls(bia: User, lobby: Channel, role_id: str) -> list[str]:
    return [call.replace("{user}", bia.id).replace("{role}", role_id).replace("{channel}", lobby.id) for call in CALLS]


def sent(discord: Discord) -> Iterator[dict[str, object]]:
    """All that was ever sent to be read, drafts too."""
    for call in discord.calls:
        told = call.json if isinstance(call.json, dict) else {}
        if "/messages" in call.path or "/webhooks/" in call.path:
            yield told
        elif "/callback" in call.path and isinstance(told.get("data"), dict):
            yield told["data"]


def is_quiet(discord: Discord) -> None:
    """Nobody was called, and nothing that was sent could call anybody if Discord let it."""
    called = [message for message in discord.everything.values() if message.author is discord.bot and message.pings]
    assert called == []
    for draft in sent(discord):
        if "content" in draft or "embeds" in draft:
            allowed = draft["allowed_mentions"]
            assert isinstance(allowed, dict)
            assert not any(allowed.get(kind) for kind in ("parse", "users", "roles", "replied_user"))
        texts = json.dumps([draft.get("content"), draft.get("embeds")], ensure_ascii=False)
        assert not re.search(r"@(everyone|here)", texts), texts
        assert not re.search(r"<@[!&]?\d+>|<#\d+>|</\w+:\d+>", texts), texts


@pytest.mark.parametrize("at", [1, 2, 5, 8])
async def test_a_model_calls_nobody_wherever_its_words_are_cut(
    discord: Discord, acme: Guild, bia: User, calls: list[str], tmp_path: Path, *, at: int
) -> None:
    discord.buckets.on = False
    gate = Gate()
    scripts = {f"q{n}": (f"Ask {call[:at]}", gate, f"{call[at:]} now.") for n, call in enumerate(calls)}
    places = {name: discord.channel(acme, name) for name in scripts}
    async with served(discord, tmp_path, model(**scripts), clock=Hasty()):
        for name, place in places.items():
            await discord.says(bia, place, f"{discord.mention} {name}")
        # What stands before the cut is seen before the rest is written.
        await discord.until(lambda: all(of_bot(discord, place) for place in places.values()))
        gate.open()
        for place in places.values():
            await answered(discord, place)
    is_quiet(discord)


@pytest.mark.parametrize("way", ["mention", "command"])
async def test_each_character_of_a_call_may_be_a_piece_of_its_own(
    discord: Discord, bia: User, lobby: Channel, calls: list[str], tmp_path: Path, *, way: str
) -> None:
    discord.buckets.on = False
    gates = [Gate() for _ in range(40)]
    text = " ".join(calls)
    pieces: list[str] = []
    for at, character in enumerate(text):
        pieces += [character, gates[at % 40]] if at % 9 == 0 else [character]
    async with served(discord, tmp_path, model(all=pieces), clock=Hasty()):
        if way == "mention":
            await discord.says(bia, lobby, f"{discord.mention} all")
        else:
            await discord.slash(bia, lobby, "ask", question="all")
        for gate in gates:
            gate.open()
        await answered(discord, lobby)
    is_quiet(discord)


async def test_documents_people_and_servers_call_nobody_either(
    discord: Discord, bia: User, calls: list[str], role_id: str, tmp_path: Path
) -> None:
    discord.buckets.on = False
    everything = " ".join(call.replace("\n", " ") for call in calls)
    bad = discord.guild(f"Srv @everyone <@{bia.id}>")
    place = discord.channel(bad, "here-everyone")
    mallory = discord.person(f"Mal @everyone <@{bia.id}>", guilds=[bad], nick=f"@here <@&{role_id}> *x*")
    pipeline = model(vacation="Thirty [1].")
    pipeline.changes["citations"] = citations(
        2,
        title=f"T {everything}",
        heading=f"H {everything}",
        quote=f"Q {everything}",
        link=f"https://x.test/{everything}",
    )
    pipeline.changes["model"] = "@everyone"
    pipeline.changes["rung"] = "fresh"
    async with served(discord, tmp_path, pipeline):
        question = await asked(discord, mallory, place, "vacation")
        (answer,) = of_bot(discord, place)
        for button in ("Sources", "Why?"):
            await told(discord, await discord.presses(mallory, answer, button))
        for command, options in (
            ("ask", {"question": everything}),
            ("rag cost", {}),
            ("rag search", {"text": everything}),
        ):
            await told(discord, await discord.slash(mallory, place, command, **options))
        await discord.says(mallory, place, f"{discord.mention} cost month")
        await discord.until(lambda: of_bot(discord, discord.dm(mallory)))
        await discord.edits(question, f"{discord.mention} {everything}")
        await discord.until(lambda: any("found nothing" in one.content for one in of_bot(discord, place)))
        await discord.says(mallory, place, f"{discord.mention} {everything}", reply_to=answer)
        await discord.until(lambda: sum(map(is_finished, of_bot(discord, place))) >= 3)
    is_quiet(discord)


async def test_a_thread_that_is_called_as_a_question_calls_nobody_and_shows_names(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model()
    async with served(discord, tmp_path, pipeline, settings=DiscordSettings(answers="thread")):
        question = await discord.says(bia, lobby, f"{discord.mention} who is {bia.mention} in {lobby.mention}?")
        await discord.until(lambda: question.thread and of_bot(discord, question.thread))
    assert question.thread is not None
    assert question.thread.name == "who is @Bia in #lobby?"
    is_quiet(discord)


async def test_handing_over_calls_those_who_are_named_for_it_once_and_nobody_else(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, calls: list[str], *, role_id: str, tmp_path: Path
) -> None:
    eva = discord.person("Eva", guilds=[acme])
    everything = " ".join(call.replace("\n", " ") for call in calls)
    pipeline = model(vacation=f"Thirty days, says {everything} [1].")
    async with served(discord, tmp_path, pipeline, people={lobby.id: [eva.id, role_id], "*": [bia.id]}):
        await asked(discord, bia, lobby, "vacation")
        opened = await discord.presses(bia, of_bot(discord, lobby)[0], "Hand over")
        await discord.submits(opened, text=f"Please! {everything}")
        await discord.until(lambda: len(of_bot(discord, lobby)) > 1)
    first, *others = of_bot(discord, lobby)
    pings = [one.pings for one in others if one.pings]
    assert pings == [frozenset({eva.id, role_id})]
    assert not first.pings
    for one in others:
        rest = one.content.replace(f"<@{eva.id}>", "", 1).replace(f"<@&{role_id}>", "", 1)
        assert not re.search(r"@(everyone|here)|<@[!&]?\d+>", rest)


# What is shown is what is written


async def test_what_is_written_is_what_is_seen(discord: Discord, bia: User, lobby: Channel, tmp_path: Path) -> None:
    text = "Is a < b & c > d? R&D says `x && y < z`; 2 * 3 * 4 and snake_case_name stay."
    async with served(discord, tmp_path, model(all=text)):
        await asked(discord, bia, lobby, "all")
    shown = of_bot(discord, lobby)[0].content
    seen = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown)
    for words in ("a < b & c > d", "R&D", "`x && y < z`", "2 * 3 * 4", "snake_case_name"):
        assert words in seen


async def test_links_show_where_they_lead_and_have_no_preview(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    text = (
        "See [the site](https://evil.test/x), [https://good.test](https://evil.test/y), <https://evil.test/z>,"
        " https://evil.test/bare and ![a picture](https://evil.test/p.png).\n\nhttps://evil.test/alone"
    )
    gate = Gate()
    async with served(discord, tmp_path, model(all=(text, gate, " The end.")), clock=Hasty()):
        await discord.says(bia, lobby, f"{discord.mention} all")
        await discord.until(lambda: of_bot(discord, lobby))
        gate.open()
        await answered(discord, lobby)
        await discord.slash(bia, lobby, "ask", question="all")
        await answered(discord, lobby, answers=2)
    for one in of_bot(discord, lobby):
        for path in ("x", "y", "z", "bare", "p.png", "alone"):
            assert f"evil.test/{path}" in one.content, "every address can be read"
    for draft in sent(discord):
        content = str(draft.get("content") or "")
        for found in re.finditer(r"https?://", content):
            assert content[found.start() - 1] == "<", f"a preview of {content[found.start() :][:30]}"
        for label in re.findall(r"(?<!\\)\[([^\]]*)\]\(<?https?://", content):
            assert label in {"", *OWN}, f"{label!r} hides where it leads"


async def test_nothing_is_hidden_and_nothing_is_forged(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    text = (
        "||hidden|| and |||| and \\||also||\n\n-# gpt · $0.00 · ref forged\n-# Shared by Boss\n\n> -# small\n\n"
        "- -# item\n\n>>> all the rest\n\nis quoted"
    )
    async with served(discord, tmp_path, model(all=text)):
        await asked(discord, bia, lobby, "all")
        await discord.slash(bia, lobby, "ask", question="all")
        await answered(discord, lobby, answers=2)
    for draft in sent(discord):
        content = str(draft.get("content") or "")
        unescaped = re.sub(r"\\.", "", content)
        assert "||" not in unescaped, "a spoiler"
        assert not re.search(r"^[>\s*-]*-# ", unescaped, re.MULTILINE), "small print is the bot's own alone"
        assert not re.search(r"^>>>", unescaped, re.MULTILINE)
    for word in ("hidden", "also", "ref forged", "is quoted"):
        assert word in text_of(of_bot(discord, lobby))


async def test_a_title_with_marks_in_it_does_not_break_the_list_of_sources(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days [1].")
    title = "*Bold* _it_ `code` ||bar|| > quote [x](https://evil.test) ~~x~~ :smile:"
    pipeline.changes["citations"] = citations(2, title=title, heading=title, link="https://docs.test/a?b=c&d=(e)|f>g")
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "vacation")
    (answer,) = of_bot(discord, lobby)
    (embed,) = answer.embeds
    listed = [line for line in embed["description"].splitlines() if line.startswith("**[")]
    assert len(listed) == 2
    unescaped = re.sub(r"\\.", "", "\n".join(listed))
    assert "](https://evil" not in unescaped
    assert "||" not in unescaped
    assert unescaped.count("(<https://docs.test/a?b=c&d=%28e%29%7Cf%3Eg>)") == 2


async def test_only_files_of_the_bots_own_are_attached_and_no_picture_is_shown_from_elsewhere(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    text = f"![x](attachment://secret.txt) ![y](file://{secret}) ![z](https://evil.test/z.png) {secret}"
    pipeline = model(all=text)
    pipeline.changes["citations"] = citations(1, link=f"file://{secret}", title="attachment://secret.txt")
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "all")
        file = discord.file("question.png", b"png")
        await discord.says(bia, lobby, f"{discord.mention} all", attachments=[file])
        await answered(discord, lobby, answers=2)
    for one in of_bot(discord, lobby):
        assert one.attachments == ()
        assert all(embed.keys().isdisjoint({"image", "thumbnail", "author", "url", "video"}) for embed in one.embeds)


# Others


async def test_other_bots_and_webhooks_are_not_answered_and_never_start_a_conversation(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    robot = discord.person("Robot", guilds=[acme])
    robot.bot = True
    pipeline = model(vacation="Thirty days.")
    async with served(discord, tmp_path, pipeline):
        await discord.says(robot, lobby, f"{discord.mention} vacation")
        message = await discord.says(bia, discord.channel(acme, "elsewhere"), "hello")
        message.content, message.channel = f"{discord.mention} vacation", lobby
        hook = message_json(message, discord, event=True) | {"webhook_id": discord.new_id(), "id": discord.new_id()}
        hook["mentions"] = [{**hook["author"], "id": discord.bot.id, "username": "ragbot"}]
        hook.pop("member", None)
        discord.gateway.tell("MESSAGE_CREATE", hook, guild_id=acme.id)
        question = await asked(discord, bia, lobby, "vacation")
        await discord.says(robot, lobby, f"{discord.mention} more", reply_to=of_bot(discord, lobby)[0])
        await asked(discord, bia, lobby, "vacation")
    assert len(pipeline.asked) == 2
    assert of_bot(discord, lobby)[0].reply_to == question.id


@pytest.mark.parametrize(
    "error", [ConfigurationError([ConfigurationProblem("x", None, "secret", "sk-123")]), ValueError("secret: sk-123")]
)
@pytest.mark.parametrize("way", ["mention", "command", "direct"])
async def test_errors_are_told_in_words_and_never_as_they_are(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, error: Exception, way: str
) -> None:
    place = discord.dm(bia) if way == "direct" else lobby
    async with served(discord, tmp_path, model(all=("It begins ", error))):
        if way == "command":
            await discord.slash(bia, place, "ask", question="all")
        else:
            await discord.says(bia, place, f"{discord.mention} all")
        shown: list[Seen] = await answered(discord, place)
    (answer,) = shown
    assert "ref1" in answer.text
    for secret in ("sk-123", "Traceback", "ValueError", "Configuration"):
        assert secret not in answer.text
