"""The platforms that this process serves, side by side, until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from bot.access import Access
from bot.bootstrap import Bot
from bot.locales import phrases_in
from bot.platforms import PLATFORMS, PlatformSetup
from bot.replies import welcome
from bot.settings import BOT_FILE
from rag.errors import ConfigurationError, ConfigurationProblem
from rag.model import Asker

CONSOLE = "console"
SLACK = "slack"
DISCORD = "discord"


def served(bot: Bot) -> Sequence[str]:
    """The platforms that are enabled and have what they need; the console where no other one has.

    Raises:
        ConfigurationError: There is none, or something is missing.
    """
    platforms, slack, discord = bot.settings.platforms, bot.settings.slack, bot.settings.discord
    chats: list[str] = []
    problems: list[ConfigurationProblem] = []
    if platforms.slack.enabled and slack.is_given:
        chats.append(SLACK)
        problems += slack.problems(platforms.slack.mode)
    if platforms.discord.enabled and discord.is_given:
        chats.append(DISCORD)
        problems += discord.problems()
    if problems:
        raise ConfigurationError(problems)
    if chats:
        return chats
    if platforms.console.enabled:
        return (CONSOLE,)
    expected = (
        "expected one that is enabled; Slack is served where SLACK_BOT_TOKEN is set, Discord with DISCORD_BOT_TOKEN"
    )
    raise ConfigurationError([ConfigurationProblem(str(bot.folder / BOT_FILE), None, "platforms", expected)])


async def serve(
    bot: Bot,
    names: Sequence[str],
    *,
    access: Access | None = None,
    conversation: str = "",
    who: Asker | None = None,
) -> None:
    """Serve platforms, with an eye on the catalogue of models, until the first of them ends.

    Args:
        access: In place of what is configured.
        conversation: Names the one to go on with, on the console.
        who: Whose rights and limits hold there; `None`: those of whoever sits there.
    """
    stats = (await bot.pipeline.get_stats()).index
    setup = PlatformSetup(
        locale=bot.settings.locale,
        data_folder=bot.core.data_folder,
        welcome=welcome(stats, phrases_in(bot.settings.locale)),
        conversation=conversation,
        who=who,
        slack=bot.settings.platforms.slack,
        slack_tokens=bot.settings.slack,
        discord=bot.settings.platforms.discord,
        discord_tokens=bot.settings.discord,
        tell=_tell,
    )
    core = bot.conversation(access)
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(bot.pipeline.watch()), group.create_task(core.watch())]
        platforms = [group.create_task(PLATFORMS[name](setup).run(core)) for name in names]
        await asyncio.wait(platforms, return_when=asyncio.FIRST_COMPLETED)
        for task in (*watching, *platforms):
            task.cancel()


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
