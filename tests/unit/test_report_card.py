"""Reports as people read them, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.charts.chart import Chart
from bot.feedback import Ratings
from bot.gaps import Gaps, Rated
from bot.locales import LOCALES, Phrases, phrases_in
from bot.messages import Card
from bot.reports import Findings, amounts_of, report_card, report_chart
from bot.reports.advice import sentence, span
from bot.reports.amounts import rounded
from bot.reports.card import headline, title
from rag.model import Task, TokenUsage
from rag.monitoring.advice import (
    Advice,
    BudgetEnds,
    BudgetTooSmall,
    CheaperModel,
    LongerMemory,
    MissingDocument,
    ModelFails,
    Unanswered,
)
from rag.monitoring.forecast import Forecast, Pace
from rag.monitoring.reports import BREAKDOWNS, BudgetAhead, Report, Totals
from rag.monitoring.usage import Usage
from rag.quota.ledger import CostRow, DayCosts
from rag.quota.page import Standing
from rag.quota.quotas import EVERYTHING, Count, Measure, Quota, Subject, SubjectKind
from rag.quota.windows import Period, Span, period

EN, PT = phrases_in("en"), phrases_in("pt-BR")
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
USD = 1_000_000


def row(key: str | None, micro_usd: int, questions: int = 10, *, failed: int = 0, calls: int = 100) -> CostRow:
    return CostRow(key, micro_usd, questions, calls, 0, failed)


MODELS = (
    row("openai/gpt-6.1-terra", 8_101_234, 120, failed=7, calls=140),
    row("gemini/gemini-3.8-flash", 4_105_678, 80),
    row("ragbot/cached", 0, 100, calls=0),
)
CHANNELS = tuple(row(f"C{n}", 12_206_912 // 7 + (n == 0) * (12_206_912 % 7)) for n in range(7))
ROWS = {
    "model": MODELS,
    "provider": (row("openai", 8_101_234), row("gemini", 4_105_678), row("ragbot", 0)),
    "task": (row("factual", 12_000_000), row(None, 206_912)),
    "channel": CHANNELS,
    "user": (row("U024BE7LH", 12_206_912),),
    "rung": (row("fresh", 12_206_912, 190), row("cached", 0, 100), row("fallback", 0, 10)),
}
TOTALS = Totals(12_206_912, 300, 300, 100, 10, 340, 7, 5_432_100)


def days(until: date, *amounts: int) -> tuple[DayCosts, ...]:
    made = []
    for n, amount in enumerate(reversed(amounts)):
        day = until - timedelta(days=n)
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        rows = (row("openai/gpt-6.1-terra", amount - amount // 3), row("gemini/gemini-3.8-flash", amount // 3))
        made.append(DayCosts(day, Span(at, at + timedelta(days=1)), amount, 5, rows if amount else ()))
    return tuple(reversed(made))


def budget(measure: str, used: int, limit: int, ahead: Forecast | None = None) -> BudgetAhead:
    quota = Quota(EVERYTHING, Measure.parse(measure), limit, warn_at=limit // 2, brake_at=limit)
    return BudgetAhead(Standing(quota, Count(used)), ahead)


AHEAD = Forecast(Pace(11_800_000, 7), 355_000_000, date(2026, 11, 30), date(2026, 11, 26), None)


def report(**changes: object) -> Report:
    """Of yesterday."""
    values: dict[str, object] = {
        "period": "day", "span": period("day", NOW - timedelta(days=1), UTC), "zone": UTC, "now": NOW,
        "totals": TOTALS, "before": replace(TOTALS, micro_usd=14_000_000), "breakdowns": ROWS, "usage": (),
        "days": days(date(2026, 11, 23), 0, 3_000_000, 12_206_912), "forecast": AHEAD,
        "budgets": (budget("usd_per_day", USD, 25 * USD), budget("usd_per_month", 280 * USD, 300 * USD, AHEAD)),
        "braked": (), **changes,
    }  # fmt: skip
    return Report(**values)  # type: ignore[arg-type]


ADVICE: tuple[Advice, ...] = (
    BudgetEnds(
        subject=EVERYTHING, limit_micro_usd=300 * USD, used_micro_usd=280 * USD, pace_micro_usd=11_800_000,
        on=date(2026, 11, 26), limit_on=None, has_ended=False,
    ),
    BudgetEnds(
        subject=Subject("channel", "C1"), limit_micro_usd=USD, used_micro_usd=USD, pace_micro_usd=1,
        on=date(2026, 11, 24), limit_on=None, has_ended=True,
    ),
    BudgetTooSmall(subject=Subject("user", "U1"), limit_micro_usd=2 * USD, days=3),
    ModelFails(model="openai/gpt-6.1-terra", failed=12, calls=140, instead="gemini/gemini-3.8-flash"),
    ModelFails(model="openai/gpt-6.1-terra", failed=12, calls=140, instead=None),
    CheaperModel(
        task="factual", model="openai/gpt-6.1-terra", instead="openai/gpt-6-luna", answers=120,
        spent_micro_usd=8_101_234, would_cost_micro_usd=1_230_000, monthly_micro_usd=206_137_020,
    ),
    LongerMemory(
        task="code_generation", ttl_s=7_200, instead_s=86_400, asked=40, spared=31, saved_micro_usd=1_204_000
    ),
    MissingDocument(question="How do I renew a certificate?", times=5, people=3),
)  # fmt: skip

FINDINGS = Findings(
    report=report(),
    ratings=Ratings(12, 3, ()),
    gaps=Gaps(
        8,
        (Unanswered("How do I renew a certificate?", 5, 3), Unanswered("Who pays?", 2, 1), Unanswered("Where?", 1, 1)),
        (Rated("Which port?", 2, 1, ("It is from last year.", "wrong port")), Rated("Why?", 1, 0, ())),
    ),
    advice=ADVICE,
    hit_target=0.7,
)


def card(phrases: Phrases, findings: Findings = FINDINGS) -> Card:
    return report_card(findings, phrases)


ENGLISH = """\
**Yesterday, 2026-11-23: $12.206912** for 300 questions, 13% less than the day before ($14.00).
33% of the questions were answered from memory (target: 70%), which saved $5.4321.
8 questions found no answer in the documents.
What people thought of the answers: 12 👍, 3 👎.

**Outlook**
- At about $11.80 a day, the average of the last 7 days, this month will have cost about $355.00 by 2026-11-30
- Daily budget for everything: $1.00 of $25.00 used today
- Monthly budget for everything: $280.00 of $300.00 used

**What I recommend**
- At about $11.80 a day, the monthly budget for everything ($300.00) reaches its brake on 2026-11-26; from then on no \
model is asked. Raise it, or let cheaper models answer.
- The monthly budget for the channel `C1` ($1.00) is used up: until the month ends, no model is asked on it. Raise it \
if that is too early.
- The daily budget for the person `U1` ($2.00) was used up on 3 days. Raise it, or let cheaper models answer.
- `openai/gpt-6.1-terra` failed too often: 12 of 140 calls (9%). `gemini/gemini-3.8-flash` comes next on its route; \
put it first until that is over.
- `openai/gpt-6.1-terra` failed too often: 12 of 140 calls (9%). No other model follows it on its route; add one.
- For questions about facts, `openai/gpt-6-luna` would have cost about $1.23 for the same tokens; \
`openai/gpt-6.1-terra` cost $8.101234. If its answers are good enough, that is about $206.14 less a month.
- Remember the answers to requests for code for 1 day instead of 2 hours \
(`optimization.caching.ttl_by_type.code_generation: 86400`): 31 questions would have been answered from memory again, \
which would have saved up to about $1.20.
- Write down the answer to “How do I renew a certificate?”. It was asked 5 times, by 3 people, and no document has it.

**Failures**
- `openai/gpt-6.1-terra`: 7 of 140 calls failed (5%)
- 10 questions were answered by another model than the preferred one

**Asked in vain**
- “Who pays?”: 2 times, by one person
- “Where?”

**Answers that were rated badly**
- “Which port?”: 2 👎, 1 👍, because “It is from last year.”, “wrong port”
- “Why?”: 1 👎, 0 👍

**By model**
- `openai/gpt-6.1-terra`: $8.101234 (66%), 120 questions
- `gemini/gemini-3.8-flash`: $4.105678 (34%), 80 questions
- from memory: 100 questions, free

**By provider**
- `openai`: $8.101234 (66%), 10 questions
- `gemini`: $4.105678 (34%), 10 questions
- without a model: 10 questions, free

**By kind of question**
- questions about facts: $12.00 (98%), 10 questions
- unknown: $0.206912 (2%), 10 questions

**By channel**
- `C0`: $1.743848 (14%), 10 questions
- `C1`: $1.743844 (14%), 10 questions
- `C2`: $1.743844 (14%), 10 questions
- `C3`: $1.743844 (14%), 10 questions
- `C4`: $1.743844 (14%), 10 questions
- 2 more: $3.487688 (29%), 20 questions

**By person**
- `U024BE7LH`: $12.206912 (100%), 10 questions"""


def test_the_card_in_english() -> None:
    assert card(EN).text == ENGLISH


def test_the_card_in_portuguese_says_the_same() -> None:
    told = card(PT).text.splitlines()

    assert len(told) == len(ENGLISH.splitlines())
    assert told[0] == (
        "**Ontem, 23/11/2026: US$ 12,206912** por 300 perguntas, 13% a menos que o dia anterior (US$ 14,00)."
    )
    assert "- “Who pays?”: 2 vezes, por uma pessoa" in told
    assert "- 10 perguntas foram respondidas por um modelo que não é o preferido" in told
    assert "- mais 2: US$ 3,487688 (29%), 20 perguntas" in told
    assert not re.search(r"\{\w+\}", card(PT).text)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_day_on_which_nothing_happened_is_one_sentence(locale: str) -> None:
    nothing = Totals(0, 0, 0, 0, 0, 0, 0, 0)
    empty = replace(FINDINGS, report=report(totals=nothing), ratings=Ratings(0, 0, ()), gaps=Gaps(), advice=())

    told = card(phrases_in(locale), empty)

    assert "\n" not in told.text
    assert "23" in told.text
    assert told.chart is None


def test_a_day_on_which_people_only_rated_is_not_empty() -> None:
    nothing = Totals(0, 0, 0, 0, 0, 0, 0, 0)
    rated = replace(FINDINGS, report=report(totals=nothing), ratings=Ratings(1, 0, ()), gaps=Gaps(), advice=())
    assert "1 👍" in card(EN, rated).text


def test_without_breakdown_and_recommendations_neither_is_told() -> None:
    told = card(EN, replace(FINDINGS, has_breakdown=False, advice=())).text
    assert "By " not in told
    assert "recommend" not in told
    assert "“How do I renew a certificate?”: 5 times, by 3 people" in told


# What is shown adds up


def _dollars(text: str) -> int:
    whole, _, decimals = text.replace(",", "").partition(".")
    return int(whole) * USD + int(decimals.ljust(6, "0"))


@given(st.lists(st.integers(1, 10**8), min_size=1, max_size=15))
def test_every_breakdown_adds_up_to_the_total_to_the_micro_dollar(amounts: list[int]) -> None:
    rows = tuple(row(f"x{n}", amount) for n, amount in enumerate(sorted(amounts, reverse=True)))
    totals = replace(TOTALS, micro_usd=sum(amounts))
    found = report(totals=totals, breakdowns={**dict.fromkeys(BREAKDOWNS, rows)})
    text = card(EN, replace(FINDINGS, report=found, advice=())).text

    total = _dollars(re.findall(r"\$([\d.,]+)\*\*", text)[0])
    assert total == sum(amounts)
    _, *sections = text.split("**By ")
    assert len(sections) == 5
    for section in sections:
        assert sum(map(_dollars, re.findall(r": \$([\d.,]+) \(", section))) == total
        assert section.count("\n- ") == min(6, len(amounts))


def test_one_row_more_than_are_shown_is_shown_as_well() -> None:
    six = report(breakdowns={**ROWS, "channel": CHANNELS[:6]})
    told = card(EN, replace(FINDINGS, report=six)).text
    assert "- `C5`" in told
    assert "more:" not in told


def test_no_amount_is_told_in_two_roundings() -> None:
    one = row("acme/dave", 5_004_499, 120)
    spent = report(
        breakdowns=dict.fromkeys(BREAKDOWNS, (one,)),
        totals=replace(TOTALS, micro_usd=one.micro_usd, saved_micro_usd=5_004_499),
        before=replace(TOTALS, micro_usd=5_004_499),
        budgets=(budget("usd_per_day", 5_004_499, 25 * USD),),
        days=days(date(2026, 11, 23), 5_004_499),
    )
    dear = replace(ADVICE[5], spent_micro_usd=5_004_499)
    told = card(EN, replace(FINDINGS, report=spent, advice=(dear,)))
    assert told.chart is not None
    amounts = re.findall(r"\$5\.[\d]+", f"{told.text} {told.chart.alt} {amounts_of(told.chart)(one.micro_usd)}")
    assert len(amounts) > 10
    assert set(amounts) == {"$5.004499"}


@pytest.mark.parametrize(
    ("micro_usd", "told"),
    [(0, 0), (999, 999), (1_049, 1_000), (99_999, 100_000), (100_000, 100_000), (5_004_499, 5_000_000)],
)
def test_estimates_are_told_in_cents_and_small_ones_more_exactly(micro_usd: int, told: int) -> None:
    assert rounded(micro_usd) == told


# The headline


@pytest.mark.parametrize(
    ("of", "now", "told"),
    [
        ("day", datetime(2026, 11, 23, 9, tzinfo=UTC), "Today so far, 2026-11-23"),
        ("day", NOW, "Yesterday, 2026-11-23"),
        ("day", datetime(2026, 11, 26, tzinfo=UTC), "2026-11-23"),
        ("week", NOW, "This week so far, 2026-11-23 to 2026-11-24"),
        ("week", datetime(2026, 11, 30, tzinfo=UTC), "The week from 2026-11-23 to 2026-11-29"),
        ("month", NOW, "This month so far, 2026-11-01 to 2026-11-24"),
        ("month", datetime(2026, 12, 1, tzinfo=UTC), "The month from 2026-11-01 to 2026-11-30"),
    ],
)
def test_the_title_says_which_stretch_of_time_it_is(of: Period, now: datetime, told: str) -> None:
    stretch = period(of, NOW - timedelta(days=1), UTC)
    assert title(report(period=of, span=stretch, now=now), EN) == told


@pytest.mark.parametrize(
    ("total", "before", "told"),
    [
        (2 * USD, USD, "$2.00** for 300 questions, 100% more than the day before ($1.00)."),
        (USD, USD, "$1.00** for 300 questions, just as much as the day before."),
        (1_004_000, USD, "$1.004** for 300 questions, <1% more than the day before ($1.00)."),
        (0, 0, "$0.00** for 300 questions, just as much as the day before."),
        (USD, 0, "$1.00** for 300 questions; the day before cost nothing."),
    ],
)
def test_a_day_that_is_over_is_compared_with_the_one_before(total: int, before: int, told: str) -> None:
    found = report(totals=replace(TOTALS, micro_usd=total), before=replace(TOTALS, micro_usd=before))
    assert headline(found, EN).endswith(told)


def test_a_day_that_goes_on_is_not() -> None:
    going_on = report(now=datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert headline(going_on, EN).endswith("300 questions (the day before: $14.00 in all).")
    first = replace(going_on, before=replace(TOTALS, micro_usd=0))
    assert headline(first, EN).endswith("300 questions.")


# What people wrote


HOSTILE = "<!channel> [click](https://evil.example) `code`\n**Sources** @everyone"


def test_what_people_wrote_calls_nobody_hides_nothing_and_stays_on_its_line() -> None:
    found = replace(
        FINDINGS,
        gaps=Gaps(3, (Unanswered(HOSTILE, 1, 1),), (Rated(HOSTILE, 1, 0, (HOSTILE,)),)),
        advice=(MissingDocument(question=HOSTILE, times=3, people=1),),
    )
    told = card(EN, found).text
    assert "<!channel>" not in told
    assert "](https" not in told
    assert "@everyone" not in told
    quoted = [line for line in told.splitlines() if "click" in line]
    assert len(quoted) == 2  # what is recommended is not told again as asked in vain
    assert all(line.startswith("- ") for line in quoted)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    "text",
    [
        "What does **bold** mean in `config.yaml`?", "Why is __init__ called twice?", "2*3*4", "~~old~~ or new?",
        "# Who pays?", "a | b", "is a < b > c?", "[x]", "R&amp;D", "back\\*slash", "what is :fire:?", "``two``",
    ],
)  # fmt: skip
def test_what_people_wrote_is_shown_as_they_wrote_it(text: str, locale: str) -> None:
    found = replace(
        FINDINGS,
        gaps=Gaps(3, (Unanswered(text, 1, 1),), (Rated(f"Rated {text}", 1, 0, (f"Reason {text}",)),)),
        advice=(MissingDocument(question=f"Missing {text}", times=3, people=1),),
    )
    tokens = MarkdownIt("commonmark").enable("strikethrough").parse(card(phrases_in(locale), found).text)
    code = [part.content for token in tokens for part in token.children or () if part.type == "code_inline"]
    assert {text, f"Rated {text}", f"Reason {text}", f"Missing {text}"} <= set(code)


def test_a_question_without_signs_is_no_code() -> None:
    found = replace(FINDINGS, gaps=Gaps(1, (Unanswered("Who pays, and how much: $5?", 1, 1),), ()))
    assert "- “Who pays, and how much: $5?”" in card(EN, found).text.splitlines()


def test_long_questions_are_cut_and_ids_are_code() -> None:
    found = replace(
        FINDINGS,
        report=report(breakdowns={**ROWS, "user": (row("U1`<@U2>", USD),)}),
        gaps=Gaps(1, (Unanswered("word " * 200, 1, 1),), ()),
    )
    told = card(EN, found).text
    assert "``U1`<@U2>``" in told
    assert max(map(len, told.splitlines())) < 400


# Advice


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: advice.kind)
def test_every_advice_is_a_whole_sentence_in_both_languages(advice: Advice, locale: str) -> None:
    told = sentence(advice, phrases_in(locale))
    assert told.startswith("- ")
    assert told.endswith(".")
    assert not re.search(r"\{\w+\}", told)


@pytest.mark.parametrize("locale", LOCALES)
def test_there_are_words_for_every_task_and_subject(locale: str) -> None:
    for task in get_args(Task):
        longer = LongerMemory(task=task, ttl_s=60, instead_s=3_600, asked=3, spared=3, saved_micro_usd=USD)
        assert "ttl_by_type" in sentence(longer, phrases_in(locale))
    for kind in get_args(SubjectKind):
        whose = EVERYTHING if kind == "everything" else Subject(kind, "x1")
        small = BudgetTooSmall(subject=whose, limit_micro_usd=USD, days=2)
        assert ("x1" in sentence(small, phrases_in(locale))) == (kind != "everything")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(60, "1 minute"), (5_400, "90 minutes"), (3_600, "1 hour"), (604_800, "7 days"), (61, "61.0 s")],
)
def test_a_length_of_time_is_told_in_what_it_is_whole_in(seconds: int, told: str) -> None:
    assert span(seconds, EN) == told


def test_the_first_day_leads_where_it_leads_itself() -> None:
    first = report(forecast=replace(AHEAD, pace=Pace(2 * USD, 0)))
    told = card(EN, replace(FINDINGS, report=first)).text
    assert (
        "- If every day goes on like today (about $2.00 a day), this month will have cost about $355.00 by 2026-11-30"
        in told
    )
    last = report(forecast=replace(AHEAD, pace=Pace(2 * USD, 1)))
    assert "a média" not in card(PT, replace(FINDINGS, report=last)).text


@pytest.mark.parametrize(
    ("phrases", "told"),
    [
        (EN, "- On average, `acme/quick` took 1.5 s for a whole answer, `acme/slow` 20.0 s"),
        (PT, "- Em média, `acme/quick` levou 1,5 s para uma resposta inteira, `acme/slow` 20,0 s"),
    ],
)
def test_the_fastest_and_the_slowest_model_are_named(phrases: Phrases, told: str) -> None:
    usage = tuple(
        Usage(date(2026, 11, 23), "factual", model, 2, 1, TokenUsage(1, 1), 1, 2, milliseconds)
        for model, milliseconds in (("acme/slow", 40_000), ("acme/middle", 4_000), ("acme/quick", 3_000))
    )
    timed = replace(FINDINGS, report=report(usage=usage))
    assert told in card(phrases, timed).text.splitlines()
    alone = replace(FINDINGS, report=report(usage=usage[:1]))
    assert "acme" not in card(phrases, alone).text


def test_of_what_is_history_no_outlook_is_told() -> None:
    told = card(EN, replace(FINDINGS, report=report(forecast=None, budgets=()))).text
    assert "Outlook" not in told


# The chart


def chart(found: Report) -> Chart:
    made = report_chart(found, EN)
    assert made is not None
    return made


def test_the_chart_has_what_was_spent_by_day_and_model_the_budget_and_what_is_to_come() -> None:
    made = chart(report(now=datetime(2026, 11, 23, 9, tzinfo=UTC)))

    assert made.labels == ("Nov 21", "Nov 22", "Nov 23", "Nov 24", "Nov 25", "Nov 26", "Nov 27", "Nov 28", "Nov 29", "Nov 30")  # fmt: skip  # noqa: E501
    assert [part.name for part in made.series] == ["gpt-6.1-terra", "gemini-3.8-flash"]
    spent = [sum(each) for each in zip(*(part.amounts for part in made.series), strict=True)]
    assert spent == [0, 3_000_000, 12_206_912, *[0] * 7]
    assert made.forecast == (0, 0, 0, *[11_800_000] * 7)
    assert made.forecast_name == "forecast"
    assert made.line is not None
    assert (made.line.name, made.line.amount) == ("budget $25.00 a day", 25_000_000)
    assert made.alt == (
        "Spending by day, 2026-11-21 to 2026-11-23: $15.206912 in all, most of it on 2026-11-23 ($12.206912)."
    )


def test_of_a_time_that_is_over_there_is_no_forecast() -> None:
    made = chart(report())
    assert made.labels == ("Nov 21", "Nov 22", "Nov 23")
    assert not made.has_forecast
    assert card(EN).chart == made


def test_of_today_only_the_rest_is_to_come() -> None:
    today = report(span=period("day", NOW, UTC), days=days(NOW.date(), 5, 4_000_000))
    assert chart(today).forecast == (0, 7_800_000, *[11_800_000] * 7)
    dear = report(span=period("day", NOW, UTC), days=days(NOW.date(), 5, 40_000_000))
    assert chart(dear).forecast[1] == 0


def test_of_what_is_history_nothing_is_to_come_and_no_budget_is_drawn() -> None:
    made = chart(report(forecast=None, budgets=()))
    assert (made.forecast, made.line, len(made.labels)) == ((), None, 3)


def test_a_month_that_goes_on_is_drawn_to_its_end_and_one_that_is_over_as_it_was() -> None:
    spent = days(NOW.date(), *[4_000_000] * 24)
    going_on = chart(report(period="month", span=period("month", NOW, UTC), days=spent))
    assert going_on.labels == tuple(f"Nov {day:02}" for day in range(1, 31))
    assert going_on.forecast[23:] == (7_800_000, *[11_800_000] * 6)
    after = datetime(2026, 12, 1, 9, tzinfo=UTC)
    december = replace(AHEAD, ends_on=date(2026, 12, 31))
    whole = days(date(2026, 11, 30), *[4_000_000] * 30)
    over = report(period="month", span=period("month", NOW, UTC), days=whole, now=after, forecast=december)
    assert (len(chart(over).labels), chart(over).forecast) == (30, ())


@pytest.mark.parametrize(
    ("of", "until", "spent", "english", "portuguese"),
    [
        ("day", date(2026, 11, 24), 14, "11 Nov – 1 Dec 2026", "11/11 a 1/12/2026"),
        ("day", date(2026, 11, 5), 14, "23 Oct – 12 Nov 2026", "23/10 a 12/11/2026"),
        ("day", date(2027, 1, 5), 14, "23 Dec 2026 – 12 Jan 2027", "23/12/2026 a 12/01/2027"),
        ("day", date(2026, 11, 24), 1, "24 Nov – 1 Dec 2026", "24/11 a 1/12/2026"),
        ("week", date(2026, 11, 24), 2, "23–29 Nov 2026", "23 a 29/11/2026"),
        ("month", date(2026, 11, 24), 24, "1–30 Nov 2026", "1 a 30/11/2026"),
    ],
)
def test_the_title_of_the_chart_says_which_days_it_is_of(
    of: Period, until: date, spent: int, english: str, portuguese: str
) -> None:
    on = datetime(until.year, until.month, until.day, 9, tzinfo=UTC)
    found = report(period=of, span=period(of, on, UTC), now=on, days=days(until, *[USD] * spent))
    assert chart(found).title == f"Spending by day and model, {english}"
    made = report_chart(found, PT)
    assert made is not None
    assert made.title == f"Gastos por dia e modelo, {portuguese}"


def test_where_nothing_was_spent_there_is_no_chart() -> None:
    assert report_chart(report(days=days(NOW.date(), 0, 0)), EN) is None


def test_many_models_are_few_in_the_chart_and_none_is_lost() -> None:
    rows = tuple(row(f"acme/m{n}", 10 + n) for n in range(9))
    day = replace(days(NOW.date(), 1)[0], micro_usd=sum(one.micro_usd for one in rows), rows=rows)
    made = chart(report(days=(day,)))
    assert [part.name for part in made.series][-1] == "other models"
    assert len(made.series) == 6
    assert sum(part.amounts[0] for part in made.series) == day.micro_usd
