"""Commands in the bot's own texts stand there as they are typed in Slack."""

from __future__ import annotations

import pytest

from bot.locales import phrases_in
from bot.platforms.slack.markup import read
from bot.platforms.slack.slash import NAME, asked
from bot.platforms.typed import as_typed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`/cost`", "`/rag cost`"),
        ("/cost month by model", "/rag cost month by model"),
        ("`/custo mês`", "`/rag custo mês`"),
        ("say `/bad the figure`, or /stop.", "say `/rag bad the figure`, or /rag stop."),
        ("/ask what?", "/ask what?"),
        ("/rag cost", "/rag cost"),
        ("docs/cost.md", "docs/cost.md"),
        ("/cost/centre", "/cost/centre"),
        ("https://x.test/cost", "https://x.test/cost"),
        ("/costly", "/costly"),
        ("/etc/hosts", "/etc/hosts"),
    ],
)
def test_commands_are_written_as_they_are_typed(text: str, expected: str) -> None:
    assert as_typed(text, NAME) == expected
    assert as_typed(as_typed(text, NAME), NAME) == expected


@pytest.mark.parametrize("hostile", ["<!channel>", "<@U0123456789>", "*x* _y_ `z`", "a & b < c", "@here"])
def test_who_asks_what_is_shown_as_it_was_written_and_calls_nobody(hostile: str) -> None:
    payload = asked(f"Ana {hostile}", f"what about {hostile}?", phrases_in("en"))
    for text in (payload.text, payload.blocks[0]["text"]["text"]):  # type: ignore[index]
        assert "<" not in text
        assert text.startswith("*Ana ")
    assert "<" not in read(payload.text, bot_user="U0", names={}).text or "a & b < c" in hostile


def test_a_very_long_question_is_shortened() -> None:
    payload = asked("Ana", "why & how? " * 1_000, phrases_in("en"))
    assert payload.text.endswith("…")
    assert len(payload.text) < 3_000
