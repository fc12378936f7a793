"""Application commands: docs.discord.com/developers/interactions/application-commands (2026-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.fakes.discord.commands import without_localizations
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.routes.route import DONE, Answer, Ask, Route


def _guild(ask: Ask) -> str | None:
    """Of the server whose commands they are; `None` for those that are everywhere."""
    if ask.params["application"] != ask.app.bot.id:
        raise Refused(10002)
    guild_id = ask.params.get("guild")
    if guild_id is not None and (guild_id not in ask.app.guilds or not ask.app.guilds[guild_id].joined):
        raise Refused(50001)
    return guild_id


def _ids(ask: Ask) -> Iterator[str]:
    while True:
        yield ask.app.new_id()


def lists(ask: Ask) -> Answer:
    told = ask.registry.all(_guild(ask))
    if ask.query.get("with_localizations") in {"1", "true", "True"}:
        return 200, told
    return 200, [without_localizations(command) for command in told]


def reads(ask: Ask) -> Answer:
    return 200, ask.registry.find(_guild(ask), ask.params["command"])


def replaces(ask: Ask) -> Answer:
    return 200, ask.registry.replace(_guild(ask), ask.body, _ids(ask), ask.app.bot.id)


def adds(ask: Ask) -> Answer:
    command, is_new = ask.registry.add(_guild(ask), ask.form, _ids(ask), ask.app.bot.id)
    return 201 if is_new else 200, command


def changes(ask: Ask) -> Answer:
    return 200, ask.registry.change(_guild(ask), ask.params["command"], ask.form, _ids(ask))


def removes(ask: Ask) -> Answer:
    ask.registry.remove(_guild(ask), ask.params["command"])
    return DONE


def _routes(base: str) -> list[Route]:
    both: list[tuple[str, str, Callable[[Ask], Answer]]] = [
        ("GET", base, lists),
        ("PUT", base, replaces),
        ("POST", base, adds),
        ("GET", f"{base}/{{command}}", reads),
        ("PATCH", f"{base}/{{command}}", changes),
        ("DELETE", f"{base}/{{command}}", removes),
    ]
    return [Route(method, path, run) for method, path, run in both]


ROUTES = [
    *_routes("/applications/{application}/commands"),
    *_routes("/applications/{application}/guilds/{guild}/commands"),
]
