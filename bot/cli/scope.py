"""Which collections a command reads."""

from __future__ import annotations

from argparse import Namespace

from bot.bootstrap import Bot
from bot.cli.parser import WrongUse, nearest
from rag.model import Scope


async def chosen_scope(bot: Bot, options: Namespace) -> Scope | None:
    """The collections named on the command line, `None` where none was.

    Raises:
        WrongUse: One of them does not exist; searching it would look as if its documents said nothing.
    """
    if not options.collection:
        return None
    for name in options.collection:
        await check_collection(bot, name)
    return Scope.of(*options.collection)


async def check_collection(bot: Bot, name: str) -> None:
    """Make sure that there is such a collection.

    Raises:
        WrongUse: There is none.
    """
    known = [summary.collection for summary in await bot.pipeline.sources()]
    if name not in known:
        hint = nearest(name, known) or (f"; known: {', '.join(known)}" if known else "; nothing is ingested yet")
        raise WrongUse(f"there is no collection {name}{hint}")
