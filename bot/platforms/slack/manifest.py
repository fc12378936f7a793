"""The app manifest: all that Slack is told about the app, made from `COMMANDS` and from the list of scopes.

Shape and limits: docs.slack.dev/reference/app-manifest and github.com/slackapi/manifest-schema, 2026-11. New apps have
`agent_view`; `assistant_view`, with its `assistant_description`, is refused for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from bot.commands import commands_on
from bot.commands.ask import ASK
from bot.commands.base import Command
from bot.commands.cost import COST
from bot.commands.help import HELP
from bot.commands.sources import SOURCES
from bot.commands.status import STATUS
from bot.locales import phrases_in
from bot.platforms.slack.scopes import EVENTS, SCOPES

NAME = "ragbot"
MAX_NAME_CHARS = 35

Manifest = Mapping[str, object]

_ENGLISH = phrases_in("en")  # a manifest has one language
_DESCRIPTION = "Answers questions from your team's own documents, and names its sources."
_LONG_DESCRIPTION = (
    "Ask in your own words: in a channel, in a thread, in a direct message or with /ask, in English or Portuguese. "
    "The answer comes from your team's own documents, with numbered sources, and says which model wrote it and what "
    "it cost. Where the documents have no answer, it says so. Follow-ups need no name; change your question and the "
    "answer follows. /rag help shows what else can be asked."
)
_BACKGROUND = "#1f3a5f"
# Four at most are shown. Each is a command that everybody may call, and that needs no slash.
_PROMPTS: tuple[tuple[str, Command], ...] = (
    ("What can you do?", HELP),
    ("Which documents do you know?", SOURCES),
    ("What have my questions cost?", COST),
    ("Is everything working?", STATUS),
)
_HEADER = """\
# The Slack app, as `ragbot manifest slack` prints it. On api.slack.com/apps: Create New App, From a manifest, paste.
# Behind each scope and event stands what it is for. What is optional may be deleted, together with all that needs it;
# ragbot says at its start what does not work without it."""
# Slack takes neither these features without their scopes nor the last of these scopes without its feature.
_NEEDS: Mapping[str, str] = {"slash_commands": "commands", "agent_view": "assistant:write"}
_NAMED_ITEM = re.compile(r"^ *- (?P<name>[\w.:]+)$", re.MULTILINE)


def slack_manifest(*, name: str = NAME, url: str | None = None) -> Manifest:
    """The manifest, as Slack's JSON.

    Args:
        name: Of the app and of its bot; at most `MAX_NAME_CHARS` characters.
        url: Where Slack reaches the bot by HTTP; `None` has the bot connect to Slack (Socket Mode).
    """
    return {
        "display_information": {
            "name": name,
            "description": _DESCRIPTION,
            "long_description": _LONG_DESCRIPTION,
            "background_color": _BACKGROUND,
        },
        "features": _features(name, url),
        "oauth_config": {"scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": _settings(url),
    }


def as_yaml(manifest: Manifest) -> str:
    """The same for people, with the reason behind each scope and event."""
    # One line for each value: not every YAML reader takes folded ones.
    text = yaml.safe_dump(dict(manifest), sort_keys=False, allow_unicode=True, width=float("inf"))
    reasons = dict(_reasons())
    body = _NAMED_ITEM.sub(lambda item: f"{item[0]}  # {reasons[item['name']]}", text)
    for feature, scope in _NEEDS.items():
        body = body.replace(f"\n  {feature}:\n", f"\n  {feature}:  # needs {scope}\n")
    return f"{_HEADER}\n{body}"


def _reasons() -> Iterator[tuple[str, str]]:
    """Of all scopes and events, by name."""
    optional = {scope.name for scope in SCOPES if not scope.required}
    for scope in SCOPES:
        yield scope.name, scope.reason if scope.required else f"optional: {scope.reason}"
    for event in EVENTS:
        yield event.name, f"{event.reason}; needs {event.scope}" if event.scope in optional else event.reason


def _features(name: str, url: str | None) -> Manifest:
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "agent_view": {
            "agent_description": _DESCRIPTION,
            "suggested_prompts": [{"title": title, "message": command.name} for title, command in _PROMPTS],
        },
        "bot_user": {"display_name": name, "always_online": True},
        "slash_commands": [
            _slash_command("ask", _sentence(ASK), ASK.usage(_ENGLISH).removeprefix(f"/{ASK.name} "), url),
            _slash_command("rag", "Everything else that I can do; /rag help lists it", " | ".join(_names()), url),
        ],
    }


def _names() -> Iterator[str]:
    """What can stand after `/rag`."""
    return (command.name for command in commands_on("slack") if command is not ASK)


def _sentence(command: Command) -> str:
    """What a command is for, as it stands alone."""
    summary = _ENGLISH(command.summary)
    return summary[0].upper() + summary[1:]


def _slash_command(name: str, description: str, usage_hint: str, url: str | None) -> Manifest:
    return {
        "command": f"/{name}",
        **_at("url", url),
        "description": description,
        "usage_hint": usage_hint,
        # People and channels come with their ids, as in messages: `<@U024BE7LH|ana>`, not `@ana`.
        "should_escape": True,
    }


def _settings(url: str | None) -> Manifest:
    return {
        "event_subscriptions": {**_at("request_url", url), "bot_events": [event.name for event in EVENTS]},
        "interactivity": {"is_enabled": True, **_at("request_url", url)},
        "org_deploy_enabled": False,
        "socket_mode_enabled": url is None,
        "token_rotation_enabled": False,
    }


def _at(key: str, url: str | None) -> Manifest:
    """Where Slack sends something; nothing where the bot fetches it."""
    return {} if url is None else {key: url}
