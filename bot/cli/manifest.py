"""`ragbot manifest`: what a platform has to be told about the bot when the app is created there."""

from __future__ import annotations

import sys
from argparse import Namespace

from bot.bootstrap import environment
from bot.chats import DiscordTokens
from bot.cli import EXIT_OK
from bot.cli.output import print_json
from bot.cli.parser import WrongUse


async def run(options: Namespace) -> int:
    """Print it with its reasons, or as JSON."""
    return _discord(options) if options.platform == "discord" else _slack(options)


def _slack(options: Namespace) -> int:
    """The manifest of the Slack app, to be pasted; its JSON has no room for reasons."""
    from bot.platforms.slack.manifest import NAME, as_yaml, slack_manifest

    if options.app_id:
        raise WrongUse("--app-id is Discord's; Slack gives an app its id when it takes the manifest")
    manifest = slack_manifest(name=options.name or NAME, url=options.http)
    if options.json:
        print_json(manifest)
    else:
        print(as_yaml(manifest), end="")
    return EXIT_OK


def _discord(options: Namespace) -> int:
    """Links, settings, permissions and intents: Discord takes no manifest."""
    from bot.platforms.discord.manifest import application_id_in, as_text, discord_manifest

    if options.http or options.name:
        raise WrongUse("--http and --name are Slack's; at Discord, the developer portal has the name")
    _, environ = environment(options)
    application_id = options.app_id or application_id_in(DiscordTokens.read(environ).bot)
    if options.json:
        print_json(discord_manifest(application_id))
    else:
        print(as_text(application_id, is_styled=sys.stdout.isatty()), end="")
    return EXIT_OK
