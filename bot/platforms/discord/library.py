"""Discord's library, as far as it has to be put right for this bot (discord.py 2.7): what it has no parameter for.

Nothing of it is changed for others than the bot's own connections, but for how answers and heartbeats are read.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

import aiohttp
import discord
import discord.webhook.async_
import yarl
from discord import gateway, http
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import Route

log = logging.getLogger(__name__)

_TEXT, _DIRECT = 0, 1
# Nobody's files are taken, so it does not matter; older servers do not tell it.
_FILE_BYTES: Final = 10_485_760
_LONGEST_OVER_S: Final = 5.0


def point_at(api_url: str, gateway_url: str = "") -> None:
    """Let the library find Discord where it is, and read what it says there."""
    path = urlsplit(api_url).path.rstrip("/")
    Route.BASE = f"{api_url}{'/api/v10' if not path else '/v10' if path == '/api' else ''}"
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    http.json_or_text = _json_or_text
    discord.webhook.async_.json_or_text = _json_or_text  # type: ignore[attr-defined]  # it has imported that
    gateway.KeepAliveHandler = _KeepAlive  # type: ignore[misc]


def guard(client: discord.Client) -> None:
    """Let an event that the library cannot read end nothing but itself: else it ends the connection."""
    parsers = client._connection.parsers  # noqa: SLF001 - there is no other way to it
    for name, parse in parsers.items():
        parsers[name] = _guarded(name, parse)


def on_refusal(client: discord.Client, told: Callable[[], None]) -> None:
    """Be told whenever Discord refuses a call for the sake of all of them; only once the client is logged in."""
    client.http._global_over = _Over(told)  # noqa: SLF001 - all calls wait for it


async def close(client: discord.Client) -> None:
    """Close all connections, and leave nothing behind: the library goes on to wait for what it would tell."""
    await _wait_no_more(client)
    await client.close()
    await _wait_no_more(client)  # a session may have begun meanwhile


async def _wait_no_more(client: discord.Client) -> None:
    waiting = client._connection._ready_task  # noqa: SLF001 - its owner
    if waiting is not None:
        waiting.cancel()
        await asyncio.wait([waiting])


class _Over(asyncio.Event):
    """Is set while calls may be made."""

    def __init__(self, told: Callable[[], None]) -> None:
        super().__init__()
        self.set()
        self._told = told

    def clear(self) -> None:
        """A call was refused."""
        super().clear()
        self._told()
        # Who has it to set it again may be cancelled meanwhile, and all others would wait for ever.
        asyncio.get_running_loop().call_later(_LONGEST_OVER_S, self.set)


def _guarded(name: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    def guarded(data: Any) -> None:
        try:
            parse(_filled_in(data) if name == "INTERACTION_CREATE" else data)
        except Exception:
            log.exception("an event that is not understood: %s", name)

    return guarded


def _filled_in(data: dict[str, Any]) -> dict[str, Any]:
    """An interaction with all that the library needs: servers of older or other kinds leave some of it out."""
    data.setdefault("attachment_size_limit", _FILE_BYTES)
    data.setdefault("version", 1)
    channel = data.get("channel_id")
    if not data.get("channel") and channel:
        data["channel"] = {"id": channel, "type": _TEXT if data.get("guild_id") else _DIRECT}
    told = data.get("channel") or {}
    told.setdefault("name", "")
    told.setdefault("position", 0)
    return data


async def _json_or_text(response: aiohttp.ClientResponse) -> dict[str, Any] | str:
    """What a server answered; the library's own reads `application/json; charset=utf-8` as text."""
    text = await response.text(encoding="utf-8")
    if response.content_type != "application/json":
        return text
    try:
        return cast("dict[str, Any]", json.loads(text))
    except ValueError:
        return text


class _KeepAlive(KeepAliveHandler):
    """Gives a connection up when not even a heartbeat was answered by the time of the next one.

    So docs.discord.com/developers/events/gateway asks for, 2026-12; the library waits a minute and more.
    """

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        if self.interval is not None:
            self.heartbeat_timeout = self.ws._max_heartbeat_timeout = self.interval * 1.25 + 1.0  # noqa: SLF001
