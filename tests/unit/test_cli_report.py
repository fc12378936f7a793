from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.parser import WrongUse
from bot.feedback import Feedback
from bot.journal import Journal
from bot.messages import Press
from bot.presence import Presence
from bot.terms import Terms
from rag.model import Asker
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

    expected = {
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
        "rated_badly": [{"question": "Which port?", "bad": 1, "good": 1, "reasons": ["the port is wrong"]}],
    }
    assert told.json.items() >= expected.items()


async def test_every_breakdown_sums_up_to_the_total(operator: Operator) -> None:
    await operator.spend(
        call(1_500_000, user="U9"),
        call(250_001, task="quick", provider="gemini", asker=Asker(user="U1", channel="C2")),
        call(0, outcome="unavailable", reference="late"),
        call(70, rung="fallback", reference="late", attempt=2),
    )

    told = (await operator.type_beside("report", "--json")).json

    assert (told["total_usd"], told["questions"], told["calls"]) == (1.750071, 3, 4)
    assert (told["failed_calls"], told["failovers"], told["cache_hit_rate"]) == (1, 1, 0.0)
    assert set(told["by"]) == {"provider", "model", "task", "channel", "user", "rung"}
    for rows in told["by"].values():
        assert round(sum(row["usd"] for row in rows), 6) == told["total_usd"]
    assert told["days"][-1] == {"day": "2026-11-24", "usd": 1.750071, "questions": 3}
    assert told["forecast"]["of_days"] == 0
    assert told["before"]["total_usd"] == 0.0


async def test_advice_is_told_as_figures_and_as_sentences(operator: Operator) -> None:
    operator.configure(bot="quotas:\n  everything: {usd_per_month: 20, usd_per_day: 5}\n")
    operator.clock.wind(days=-3)
    for n in range(3):
        await operator.spend(call(5_000_000, reference=f"r{n}", asker=Asker(user="U1")))
        operator.clock.wind(days=1)

    figures = (await operator.type_beside("report", "--json")).json
    told = await operator.type_beside("report")

    assert figures["advice"][0] == {
        "kind": "budget_ends",
        "subject": "everything",
        "limit_usd": 20.0,
        "used_usd": 15.0,
        "pace_usd": 5.0,
        "on": "2026-11-24",
        "limit_on": "2026-11-24",
        "has_ended": False,
    }
    assert figures["advice"][1] == {"kind": "budget_too_small", "subject": "everything", "limit_usd": 5.0, "days": 3}
    brakes = {budget["limit"]: budget["brake_on"] for budget in figures["budgets"]}
    assert brakes == {"usd_per_month": "2026-11-24", "usd_per_day": None}
    start = told.lines.index("what would be better")
    assert "reaches its brake on 2026-11-24" in told.lines[start + 1]
    assert "was used up on 3 days" in told.lines[start + 2]
    assert "- Monthly budget for everything: $15.00 of $20.00 used" in told.lines


async def test_who_wants_no_recommendations_gets_none(operator: Operator) -> None:
    operator.configure(
        bot="quotas:\n  everything: {usd_per_month: 1}\n",
        core="monitoring:\n  daily_reports: {include_recommendations: false}\n",
    )
    await operator.spend(call(1_000_000))
    assert (await operator.type_beside("report", "--json")).json["advice"] == []


async def test_the_chart_is_drawn_into_a_file(operator: Operator) -> None:
    await operator.spend(call(1_500_000))

    told = await operator.type_beside("report", "--chart", "month.png", "--period", "month")

    assert told.code == 0
    assert (operator.folder / "month.png").read_bytes().startswith(b"\x89PNG")


async def test_where_nothing_was_spent_there_is_nothing_to_draw(operator: Operator) -> None:
    await operator.type_beside("report", "--chart", "day.png")

    assert not (operator.folder / "day.png").exists()


async def test_a_file_that_cannot_be_written_is_wrong_use(operator: Operator) -> None:
    await operator.spend(call(1_500_000))
    with pytest.raises(WrongUse, match=r"no/day\.png cannot be written: No such file"):
        await operator.type_beside("report", "--chart", "no/day.png")


async def test_the_report_is_read_by_people_too(operator: Operator) -> None:
    await rated(operator, press("bad", text="old\nfigures"))

    told = await operator.type_beside("report")

    assert told.lines[2].startswith("0 good, 1 bad (0% good)")
    assert told.lines[-1].split() == ["ref1", "2026-11-24", "12:00", "C1", "Which", "port?", "old", "figures"]


async def test_a_day_without_a_verdict_says_so(operator: Operator) -> None:
    told = await operator.type_beside("report", "--on", "2026-11-01")

    assert told.lines[2:] == ["nobody said what they thought of the answers", "before that: 0 questions, $0.00"]


async def test_people_get_a_table_of_each_breakdown(operator: Operator) -> None:
    await operator.spend(call(1_500_000, latency_s=2.5), call(0, outcome="overloaded", reference="other"))

    told = await operator.type_beside("report")

    assert "failures: 1 of 2 calls failed, 0 questions answered by another model than the preferred one" in told.lines
    heads = [line.split()[0] for line in told.lines if line.split()[1:2] == ["cost"]]
    assert heads == ["provider", "model", "task", "channel", "user", "rung"]
    (model,) = (line for line in told.lines if line.startswith("openai/gpt"))
    assert model.split() == ["openai/gpt", "$1.50", "█" * 20, "2", "2", "1", "$0.00", "2.5"]


async def test_who_is_forgotten_leaves_verdicts_but_neither_words_nor_questions(operator: Operator) -> None:
    await rated(operator, press("bad", text="I, Ana, say it is wrong"))

    forgotten = await operator.type_beside("forget", "--user", ANA.id, "--json")
    report = await operator.type_beside("report", "--json")

    assert forgotten.json == {"user": "U1", "entries": 0, "questions": 1, "feedback": 1}
    assert report.json["feedback"]["bad"] == 1
    assert "Ana" not in json.dumps(report.json)
    assert "Which port?" not in operator.dump()
    assert "Ana" not in operator.dump()
