from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.platforms.discord.manifest import SETTINGS, application_id_in, as_text, discord_manifest
from bot.platforms.discord.offers import application_commands
from bot.platforms.discord.permissions import INTENTS, INVITED_WITH, MANAGE_SERVER, PERMISSIONS, missing

APP = "112233445566778899"
# Discord's library imports a module that Python 3.13 has no more.
pytestmark = pytest.mark.filterwarnings("ignore:'audioop' is deprecated:DeprecationWarning")


def query(link: object) -> Mapping[str, list[str]]:
    parts = urlsplit(str(link))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "discord.com", "/oauth2/authorize")
    return parse_qs(parts.query)


def test_the_link_invites_the_bot_with_what_it_needs_and_no_more() -> None:
    assert query(discord_manifest(APP)["invite"]) == {
        "client_id": [APP],
        "scope": ["bot applications.commands"],
        "permissions": ["309237763072"],
    }
    assert "scope=bot+applications.commands" in str(discord_manifest(APP)["invite"])


def test_permissions_are_those_of_discord() -> None:
    from discord import Permissions

    named = {
        "View Channels": "view_channel",
        "Send Messages": "send_messages",
        "Send Messages in Threads": "send_messages_in_threads",
        "Read Message History": "read_message_history",
        "Create Public Threads": "create_public_threads",
        "Embed Links": "embed_links",
        "Attach Files": "attach_files",
    }

    assert {one.name for one in PERMISSIONS} == named.keys()
    for one in PERMISSIONS:
        assert Permissions(**{named[one.name]: True}).value == one.bit
    assert sum(one.bit for one in PERMISSIONS) == INVITED_WITH
    assert Permissions(manage_guild=True).value == MANAGE_SERVER


@pytest.mark.parametrize(
    "too_much",
    ["administrator", "manage_guild", "manage_messages", "manage_threads", "mention_everyone", "add_reactions"],
)
def test_nothing_is_asked_for_that_the_work_does_not_need(too_much: str) -> None:
    from discord import Permissions

    assert not getattr(Permissions(INVITED_WITH), too_much)


def test_intents_are_those_of_discord_and_only_that_of_messages_texts_is_privileged() -> None:
    from discord import Intents

    named = {
        "GUILDS": "guilds",
        "GUILD_MESSAGES": "guild_messages",
        "DIRECT_MESSAGES": "dm_messages",
        "MESSAGE_CONTENT": "message_content",
    }

    assert {one.name: one.bit for one in INTENTS} == {
        name: Intents(**{flag: True}).value for name, flag in named.items()
    }
    assert [one.name for one in INTENTS if one.is_privileged] == ["MESSAGE_CONTENT"]
    assert [one.name for one in INTENTS if not one.required] == ["MESSAGE_CONTENT"]


def test_everything_has_a_reason_and_says_what_is_lost_without_it() -> None:
    for one in (*PERMISSIONS, *INTENTS):
        assert one.reason
        assert one.lost
        assert not one.lost.endswith(".")
    assert all(setting.reason for setting in SETTINGS)


def test_missing_permissions_are_told_in_the_order_of_the_list() -> None:
    assert missing(INVITED_WITH) == ()
    assert missing(0) == PERMISSIONS
    granted = INVITED_WITH & ~(1 << 15) & ~(1 << 11)
    assert [one.name for one in missing(granted)] == ["Send Messages", "Attach Files"]
    assert [one.required for one in missing(granted)] == [True, False]


@pytest.mark.parametrize(
    ("token", "found"),
    [
        (f"{b64encode(APP.encode()).decode().rstrip('=')}.GhIjKl.secret", APP),
        (b64encode(b"1122334455667788990").decode(), "1122334455667788990"),
        ("", ""),
        ("not a token", ""),
        ("xoxb-1-2", ""),
        (f"{b64encode(b'somebody').decode()}.GhIjKl.secret", ""),
        (f"{b64encode(b'42').decode()}.GhIjKl.secret", ""),
        ("ção.x.y", ""),
        (f"{b64encode('١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧'.encode()).decode()}.x.y", ""),
    ],
)
def test_a_token_begins_with_the_id_of_its_app(token: str, found: str) -> None:
    assert application_id_in(token) == found


def test_the_data_has_all_that_the_text_has() -> None:
    manifest = discord_manifest(APP)
    text = as_text(APP)

    assert manifest["application_id"] == APP
    assert manifest["commands"] == application_commands()
    assert str(manifest["invite"]) in text
    assert str(manifest["install_for_yourself"]) in text
    for key in ("settings", "permissions", "intents"):
        for one in cast("list[dict[str, object]]", manifest[key]):
            assert str(one["name"]) in text
            assert str(one["reason"]) in text
    assert json.loads(json.dumps(manifest)) == manifest


def test_whoever_installs_it_for_themselves_gets_the_commands_alone() -> None:
    assert query(discord_manifest(APP)["install_for_yourself"]) == {
        "client_id": [APP],
        "scope": ["applications.commands"],
        "integration_type": ["1"],
    }


def test_what_is_optional_is_marked() -> None:
    lines = [line.strip() for line in as_text(APP).splitlines()]

    for one in (*PERMISSIONS, *INTENTS):
        assert (f"{one.name}: {one.reason}" if one.required else f"{one.name} (optional): {one.reason}") in lines
        assert f"without it: {one.lost}" in lines
    assert "Bot › Message Content Intent (optional): on, if follow_ups is true in config/bot.yaml" in lines
    assert "Bot › Public Bot: off" in lines


def test_the_install_link_is_taken_away_before_the_bot_is_made_private_or_discord_refuses() -> None:
    names = [setting.name for setting in SETTINGS]

    assert names.index("Install Link") < names.index("Public Bot")


def test_without_an_id_the_text_says_where_it_is_found() -> None:
    text = as_text()

    assert "client_id=APPLICATION_ID&" in text
    assert "General Information" in text
    assert "--app-id" in text
    assert discord_manifest()["application_id"] is None
    assert "APPLICATION_ID" not in as_text(APP)
    assert "--app-id" not in as_text(APP)


def test_commands_are_told_as_they_are_called() -> None:
    lines = as_text(APP).splitlines()

    assert any(line.startswith("  /ask ") for line in lines)
    assert any(line.startswith("  /rag cost ") for line in lines)
    assert any(line.startswith("  /rag-admin report ") for line in lines)
    assert any("Ask about this message" in line for line in lines)


def test_headings_stand_out_on_a_terminal_and_are_plain_elsewhere() -> None:
    assert "\x1b" not in as_text(APP)
    styled = as_text(APP, is_styled=True)
    assert styled.startswith("\x1b[1mInvite the bot to a server\x1b[0m\n")
    assert styled.replace("\x1b[1m", "").replace("\x1b[0m", "") == as_text(APP)


def test_every_line_fits_a_terminal_that_is_wide_enough_for_the_link() -> None:
    lines = as_text(APP).splitlines()

    assert max(map(len, lines)) <= 150
    assert [line for line in lines if line != line.rstrip()] == []
