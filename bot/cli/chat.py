"""`ragbot chat`: the console platform in this terminal."""

from __future__ import annotations

from argparse import Namespace

from bot.access import Access
from bot.bootstrap import Bot, open_bot
from bot.cli import EXIT_OK
from bot.cli.access import chosen_access
from bot.cli.serving import CONSOLE, serve
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
    return Asker(options.user or CONSOLE, channel=CONSOLE, roles=frozenset(options.role or ()))


async def chat(bot: Bot, *, access: Access | None = None, conversation: str = "", who: Asker | None = None) -> None:
    """Serve the console, with an eye on the catalogue of models.

    Args:
        conversation: Names the one to go on with.
        who: Whose rights and limits hold; `None`: those of whoever sits there.
    """
    await serve(bot, (CONSOLE,), access=access, conversation=conversation, who=who)
