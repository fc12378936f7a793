"""`ragbot chat`: the console platform in this terminal."""

from __future__ import annotations

from argparse import Namespace

from bot.bootstrap import Bot, open_bot
from bot.cli import EXIT_OK
from bot.cli.scope import chosen_scope
from bot.locales import phrases_in
from bot.platforms import PLATFORMS, PlatformSetup
from bot.replies import welcome
from rag.model import Scope


async def run(options: Namespace) -> int:
    """Chat until the person leaves."""
    async with open_bot(options) as bot:
        await chat(bot, scope=await chosen_scope(bot, options))
    return EXIT_OK


async def chat(bot: Bot, *, scope: Scope | None = None) -> None:
    """Serve the console."""
    stats = await bot.pipeline.get_stats()
    setup = PlatformSetup(
        locale=bot.settings.locale,
        data_folder=bot.core.data_folder,
        welcome=welcome(stats, phrases_in(bot.settings.locale)),
    )
    await PLATFORMS["console"](setup).run(bot.conversation(scope).handle)
