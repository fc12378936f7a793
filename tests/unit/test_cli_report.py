from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.feedback import Feedback
from bot.journal import Journal
from bot.messages import Press
from bot.presence import Presence
from bot.terms import Terms
from rag.state import open_database
from tests.fakes.operator import Operator, call, seated
from tests.fakes.room import ANA, BRUNO, message, press


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Operator]:
    with seated(tmp_path, monkeypatch, capsys) as operator:
        operator.configure()
        monkeypatch.setattr("bot.cli.report.SystemClock", lambda: operator.clock)
        yield operator


async def rated(operator: Operator, *presses: Press) -> None:
    """One question was asked, and people said what they thought of its answer."""
    (operator.folder / "data").mkdir(exist_ok=True)
    database = await open_database(f"sqlite:///{operator.folder}/data/state.db", operator.clock)
    try:
        async with Presence(database) as presence:
            taken = await Journal(database, presence, operator.clock, Terms()).take(message("Which port?"), "ref1")
            assert taken is not None
            feedback = Feedback(database, operator.clock)
            for pressed in presses:
                verdict = "good" if pressed.action == "good" else "bad"
                await feedback.give(pressed, taken.question, verdict)
    finally:
        await database.aclose()


async def test_the_report_counts_what_people_thought_and_lists_what_was_wrong(operator: Operator) -> None:
    await operator.spend(call(1_500_000, user="U9"))
    await rated(operator, press("good"), press("bad", text="the port is wrong", author=BRUNO))

    told = await operator.type_beside("report", "--json")

    assert told.json == {
        "period": "day",
        "from": "2026-11-24T00:00:00+00:00",
        "to": "2026-11-25T00:00:00+00:00",
        "time_zone": "UTC",
        "questions": 1,
        "calls": 1,
        "total_usd": 1.5,
        "feedback": {
            "good": 1,
            "bad": 1,
            "complaints": [
                {
                    "reference": "ref1",
                    "at": "2026-11-24T12:00:00+00:00",
                    "place": "C1",
                    "question": "Which port?",
                    "reason": "the port is wrong",
                }
            ],
        },
    }


async def test_the_report_is_read_by_people_too(operator: Operator) -> None:
    await rated(operator, press("bad", text="old\nfigures"))

    told = await operator.type_beside("report")

    assert told.lines[2].startswith("0 good, 1 bad (0% good)")
    assert told.lines[-1].split() == ["ref1", "2026-11-24", "12:00", "C1", "Which", "port?", "old", "figures"]


async def test_a_day_without_a_verdict_says_so(operator: Operator) -> None:
    told = await operator.type_beside("report", "--on", "2026-11-01")

    assert told.lines[-1] == "nobody said what they thought of the answers"


async def test_who_is_forgotten_leaves_verdicts_but_neither_words_nor_questions(operator: Operator) -> None:
    await rated(operator, press("bad", text="I, Ana, say it is wrong"))

    forgotten = await operator.type_beside("forget", "--user", ANA.id, "--json")
    report = await operator.type_beside("report", "--json")

    assert forgotten.json == {"user": "U1", "entries": 0, "questions": 1, "feedback": 1}
    assert report.json["feedback"]["bad"] == 1
    assert "Ana" not in json.dumps(report.json)
    assert "Which port?" not in operator.dump()
    assert "Ana" not in operator.dump()
