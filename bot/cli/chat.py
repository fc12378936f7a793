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
from bot.platforms.console.platform import NAME
from bot.replies import welcome
from rag.model import Asker


async def run(options: Namespace) -> int:
    """Chat until the person leaves."""
    async with open_bot(options) as bot:
        access = await chosen_access(bot, options)
        await chat(bot, access=access, conversation=options.conversation, who=_chosen_person(options))
    return EXIT_OK


def _chosen_person(options: Namespace) -> Asker | None:
    """Whose rights and limits shall hold, in the place that is the terminal."""
    if options.user is None and not options.role:
        return None
    return Asker(options.user or NAME, channel=NAME, roles=frozenset(options.role or ()))


async def chat(bot: Bot, *, access: Access | None = None, conversation: str = "", who: Asker | None = None) -> None:
    """Serve the console, with an eye on the catalogue of models.

    Args:
        conversation: Names the one to go on with.
        who: Whose rights and limits hold; `None`: those of whoever sits there.
    """
    stats = (await bot.pipeline.get_stats()).index
    setup = PlatformSetup(
        locale=bot.settings.locale,
        data_folder=bot.core.data_folder,
        welcome=welcome(stats, phrases_in(bot.settings.locale)),
        conversation=conversation,
        who=who,
    )
    core = bot.conversation(access)
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(bot.pipeline.watch()), group.create_task(core.watch())]
        await PLATFORMS["console"](setup).run(core)
        for task in watching:
            task.cancel()
