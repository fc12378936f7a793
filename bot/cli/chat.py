"""`ragbot chat`: the console platform in this terminal."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from bot.access import Access
from bot.bootstrap import Bot, open_bot
from bot.cli import EXIT_OK
from bot.cli.access import chosen_access
from bot.locales import phrases_in
from bot.platforms import PLATFORMS, PlatformSetup
from bot.replies import welcome


async def run(options: Namespace) -> int:
    """Chat until the person leaves."""
    async with open_bot(options) as bot:
        await chat(bot, access=await chosen_access(bot, options), conversation=options.conversation)
    return EXIT_OK


async def chat(bot: Bot, *, access: Access | None = None, conversation: str = "") -> None:
    """Serve the console, with an eye on the catalogue of models; `conversation` names the one to go on with."""
    stats = (await bot.pipeline.get_stats()).index
    setup = PlatformSetup(
        locale=bot.settings.locale,
        data_folder=bot.core.data_folder,
        welcome=welcome(stats, phrases_in(bot.settings.locale)),
        conversation=conversation,
    )
    core = bot.conversation(access)
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(bot.pipeline.watch()), group.create_task(core.watch())]
        await PLATFORMS["console"](setup).run(core)
        for task in watching:
            task.cancel()
