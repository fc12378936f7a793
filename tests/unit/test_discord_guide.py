"""docs/discord.md is true: permissions, settings, sentences, examples and links are those of the program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.chats import DiscordSettings, DiscordTokens
from bot.locales import phrases_in
from bot.platforms.discord.manifest import PORTAL, SETTINGS
from bot.platforms.discord.permissions import INTENTS, PERMISSIONS
from bot.settings import BOT_FILE, BotSettings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/discord.md").read_text(encoding="utf-8")
TOLD_BY = ("bot/platforms/discord/platform.py", "bot/platforms/discord/start.py", "bot/chats.py")
EXAMPLES = re.findall(r"^ *```yaml\n(.*?)^ *```$", GUIDE, re.MULTILINE | re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    """The cells of a table, without its heading."""
    table = GUIDE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def quoted(cell: str) -> list[str]:
    """What the program says at its start, as a cell quotes it."""
    found = re.findall(r"`([^`]+)`", cell)
    assert found, f"nothing is quoted: {cell}"
    return found


def spoken(cell: str) -> list[str]:
    """What the bot says in a channel, as a cell quotes it."""
    return re.findall(r'"([^"]+)"', cell)


def sentences(path: str) -> Iterator[str]:
    """Every text in a module, with a gap where something is filled in."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "…".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def anchors(text: str) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_permission_is_told_as_the_list_has_it_and_no_other() -> None:
    told = [[one.name, one.reason, "yes" if one.required else "no", one.lost] for one in PERMISSIONS]

    assert rows("permission | needed to | required | without it") == told


def test_every_intent_is_told_as_the_list_has_it_and_no_other() -> None:
    told = [[f"`{one.name}`", one.reason, "yes" if one.required else "no", one.lost] for one in INTENTS]

    assert rows("intent | needed to | required | without it") == told


def test_every_setting_of_the_portal_is_told_and_the_install_link_goes_first() -> None:
    steps = " ".join(GUIDE.split("\n## ", 2)[1].split())

    assert PORTAL in steps
    for setting in SETTINGS:
        assert f"**{setting.page}**" in GUIDE
        assert f"**{setting.name}**" in GUIDE
    assert steps.index("**Install Link** to **None**") < steps.index("switch **Public Bot** off")
    assert steps.index("**Reset Token**") < steps.index("DISCORD_BOT_TOKEN=")


def test_every_example_is_a_configuration_that_the_bot_takes(tmp_path: Path) -> None:
    assert len(EXAMPLES) >= 9
    for example in EXAMPLES:
        (tmp_path / BOT_FILE).write_text(example, encoding="utf-8")
        assert BotSettings.load(tmp_path, {}) is not None


def test_the_defaults_are_those_of_the_program() -> None:
    (whole,) = (example for example in EXAMPLES if "test_servers" in example)

    told = yaml.safe_load(whole)["platforms"]["discord"]

    assert DiscordSettings.model_validate(told) == DiscordSettings()
    assert set(told) | {"shards"} == set(DiscordSettings.model_fields)
    assert "# shards:" in whole


def test_every_sentence_of_the_start_is_one_that_the_program_says() -> None:
    said = [sentence for path in TOLD_BY for sentence in sentences(path)]
    told = [sentence for cells in rows("what you see at the start | what to do") for sentence in quoted(cells[0])]

    assert len(told) >= 12
    assert [sentence for sentence in told if not any(sentence in one for one in said)] == []


@pytest.mark.parametrize(
    "tokens",
    [
        DiscordTokens("two words"),
        DiscordTokens("a.b.c", api_url="ftp://discord.test"),
        DiscordTokens("a.b.c", gateway_url="https://discord.test"),
    ],
)
def test_what_is_wrong_with_the_environment_is_told_of(tokens: DiscordTokens) -> None:
    (problem,) = tokens.problems()

    assert f"`{problem.expected}`" in GUIDE
    assert problem.key in GUIDE


@pytest.mark.parametrize(
    "key", ["cannot_write", "thread_closed", "told_directly", "cannot_tell_directly", "not_here", "direct_off"]
)
def test_every_sentence_of_the_bots_own_trouble_is_told_as_it_says_it(key: str) -> None:
    told = [sentence for cells in rows("what you see in Discord | what to do") for sentence in spoken(cells[0])]
    says = re.sub(r"\{\w+\}", "…", phrases_in("en")(f"discord.{key}", place="{place}", permission="{permission}"))

    assert [sentence for sentence in told if says.startswith(sentence)] != []


def test_buttons_and_menus_have_the_names_that_people_see() -> None:
    phrases = phrases_in("en")
    buttons = GUIDE.split("| under an answer |", 1)[1].split("|", 1)[0]

    for key in ("discord.button.why", "answer.sources", "discord.button.retry", "discord.button.hand_over"):
        assert phrases(key) in buttons
    assert f"| while an answer is written | {phrases('discord.button.stop')} |" in GUIDE
    assert f"**{phrases('discord.button.share')}**" in GUIDE
    assert f"**{phrases('discord.ask_about')}**" in GUIDE


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", GUIDE.replace("\n", " "))

    assert len(links) >= 5
    for link in links:
        page, _, anchor = link.partition("#")
        text = (ROOT / "docs" / page).read_text(encoding="utf-8") if page else GUIDE
        assert not anchor or anchor in anchors(text), link
