"""`ragbot manifest`: what a platform is told about the bot, to be pasted there when the app is created."""

from __future__ import annotations

from argparse import Namespace

from bot.cli import EXIT_OK
from bot.cli.output import print_json
from bot.platforms.slack.manifest import NAME, as_yaml, slack_manifest


async def run(options: Namespace) -> int:
    """Print the manifest of the Slack app, with its reasons or as JSON, which has no room for them."""
    manifest = slack_manifest(name=options.name or NAME, url=options.http)
    if options.json:
        print_json(manifest)
    else:
        print(as_yaml(manifest), end="")
    return EXIT_OK
