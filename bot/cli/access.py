"""What a command may read and which models it asks: as configured for the console, or as its options say."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from bot.access import EVERY_OTHER_PLACE, Access
from bot.bootstrap import Bot
from bot.cli.parser import WrongUse, nearest
from bot.cli.scope import chosen_scope
from rag.model import Pin
from rag.routing.catalogue import Catalogue


async def chosen_access(bot: Bot, options: Namespace) -> Access:
    """What is configured, with what the options say in its place.

    Raises:
        WrongUse: A collection or model named there does not exist.
    """
    access = bot.access
    if await chosen_scope(bot, options) is not None:
        access = replace(access, audiences={EVERY_OTHER_PLACE: options.collection})
    return with_pin(access, bot, options)


def with_pin(access: Access, bot: Bot, options: Namespace) -> Access:
    """The same, with the model or policy of the options pinned everywhere.

    Raises:
        WrongUse: There is no such model.
    """
    if options.model is None and options.policy is None:
        return access
    if options.model is not None:
        _check_model(options.model, bot.core.catalogue)
    return replace(access, pins={EVERY_OTHER_PLACE: Pin(options.model, options.policy)}, insists=True)


def _check_model(name: str, catalogue: Catalogue) -> None:
    if catalogue.card(name) is not None:
        return
    if gone := catalogue.retirement(name):
        raise WrongUse(f"{name} is gone" + (f"; use {gone.replacement} instead" if gone.replacement else ""))
    hint = nearest(name, catalogue.names) or "; a model is called provider/model, such as openai/gpt-6.1-terra"
    raise WrongUse(f"there is no model {name}{hint}")
