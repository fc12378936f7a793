"""The benchmarks measure what they say: each runs, tiny, and reports its figures in their form."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.clock import SystemClock
from rag.errors import EvaluationError
from rag.ingest.chunking import chunk
from rag.ingest.loaders import loader_for
from rag.language import detect_language
from rag.state import open_database
from tests.benchmarks import (
    cached,
    chat_peers,
    commanding,
    conversation,
    conversation_crash,
    crash,
    discord,
    discord_crowd,
    ingest,
    memory,
    overshoot,
    peers,
    quality,
    query,
    quota,
    relevance,
    routing,
    slack,
    slack_crowd,
    start,
    waiting,
)
from tests.benchmarks import figures as ledger_figures
from tests.benchmarks import (
    report as monthly,
)
from tests.benchmarks.__main__ import main
from tests.benchmarks.beir import collection_folders, read_collection
from tests.benchmarks.benchmark import Benchmark, Column, Measure, Plan, Report, Row, in_turn, ratio
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.month import write_month
from tests.benchmarks.processes import (
    HAS_MEMORY_MAPS,
    HAS_TERMINALS,
    Surroundings,
    private_megabytes,
    seconds_at_terminal,
    seconds_through_pipes,
)
from tests.benchmarks.registry import BENCHMARKS
from tests.benchmarks.relevance import Judged
from tests.fakes.chat_faults import Refused
from tests.fakes.discord import Message as DiscordMessage
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.slack import Message

pytestmark = pytest.mark.usefixtures("unmeasured")

on_linux = pytest.mark.skipif(not HAS_MEMORY_MAPS, reason="only Linux tells what memory is a process's own")
at_terminals = pytest.mark.skipif(not HAS_TERMINALS, reason="there are no pseudo-terminals on this system")
with_peers = pytest.mark.filterwarnings("ignore")  # what the routers of others warn of is theirs to mend

CAPITALS = {"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Peru": "Lima", "Japan": "Tokyo", "Kenya": "Nairobi"}
RIVERS = {"Egypt": "Nile", "Brazil": "Amazon", "Germany": "Rhine"}


def in_silence(doing: str) -> None:
    del doing


def tiny(*collections: Path) -> Plan:
    return Plan(chunks=20, runs=1, warm_ups=0, questions=3, collections=collections)


def figures(report: Report) -> dict[str, dict[str, float]]:
    """Of each row, by column."""
    rows: list[dict[str, Any]] = json.loads(json.dumps(report.as_dict()))["rows"]
    return {row.pop("what"): row for row in rows}


def write_collection(folder: Path, facts: dict[str, str], what: str) -> None:
    """A document and a question for each fact, and one question that nothing answers."""
    folder.mkdir(parents=True)
    documents = [
        {"_id": place, "title": place, "text": f"The {what} of {place}, as every child learns, is {name}."}
        for place, name in facts.items()
    ]
    questions = [{"_id": f"q{place}", "text": f"What is the {what} of {place}?"} for place in facts]
    grades = [f"q{place}\t{place}\t1" for place in facts]
    questions.append({"_id": "unanswered", "text": "Why?"})
    grades.append(f"unanswered\t{next(iter(facts))}\t0")
    (folder / "corpus.jsonl").write_text("\n".join(json.dumps(document) for document in documents))
    (folder / "queries.jsonl").write_text("\n".join(json.dumps(question) for question in questions))
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *grades]))


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    write_collection(tmp_path / "collections" / "capitals", CAPITALS, "capital")
    write_collection(tmp_path / "collections" / "rivers", RIVERS, "longest river")
    return tmp_path / "collections"


# What is measured


async def test_start_times_processes_beside_a_bare_import_of_lancedb() -> None:
    report = figures(await start.run(tiny(), in_silence))

    assert report["python -c 'import lancedb'"]["times_import_lancedb"] == 1
    assert {"ragbot ask, through a pipe", "ragbot chat, through pipes"} <= set(report)
    if HAS_TERMINALS:
        assert {"ragbot ask, at a terminal", "ragbot chat, prompt", "ragbot run, prompt"} <= set(report)
    assert all(0 < row["fastest_s"] <= row["median_s"] for row in report.values())


@on_linux
async def test_memory_weighs_a_process_stage_by_stage() -> None:
    report = figures(await memory.run(tiny(), in_silence))

    assert list(report) == [
        "lancedb: Python with asyncio",
        "lancedb: imported",
        "lancedb: table opened",
        "lancedb: 1 searched",
        "lancedb: 3 searched",
        "ragbot: Python with asyncio",
        "ragbot: rag.pipeline imported",
        "ragbot: RagPipeline opened",
        "ragbot: 1 answered",
        "ragbot: 3 answered",
        "ragbot chat: 3 answered",
    ]
    assert report["lancedb: imported"]["private_mb"] > 2 * report["lancedb: Python with asyncio"]["private_mb"]
    added = report["ragbot: RagPipeline opened"]["private_mb"] - report["ragbot: rag.pipeline imported"]["private_mb"]
    assert report["ragbot: RagPipeline opened"]["added_mb"] == pytest.approx(added, abs=0.001)
    assert report["ragbot: Python with asyncio"]["added_mb"] is None


async def test_memory_says_so_where_it_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "HAS_MEMORY_MAPS", False)

    report = await memory.run(tiny(), in_silence)

    assert not report.rows
    assert "unavailable" in report.notes[0]


async def test_ingestion_is_compared_with_lancedb_by_itself() -> None:
    report = figures(await ingest.run(tiny(), in_silence))

    assert report["LanceDB: add, one full-text index"]["times_bare"] == 1
    assert {"ragbot: words", "ragbot: words and vectors", "LanceDB: add alone"} <= set(report)
    assert all(row["chunks_per_s"] > 0 for row in report.values())


async def test_answers_are_timed_beside_a_bare_query() -> None:
    report = await query.run(tiny(), in_silence)

    rows = figures(report)
    assert rows["LanceDB: one MatchQuery"]["times_bare"] == 1
    assert {"ragbot: search", "ragbot: query"} <= set(rows)
    assert all(0 < row["p50_ms"] <= row["p95_ms"] for row in rows.values())
    assert any("(3 answered, 0 refused)" in note for note in report.notes)


@with_peers
async def test_the_router_is_timed_beside_httpx_with_no_more_in_flight_than_there_are_calls() -> None:
    report = await routing.run(tiny(), in_silence)

    rows = figures(report)
    levels = dict.fromkeys(what.partition(":")[0] for what in rows)
    assert list(levels) == ["plain, 1 in flight", "plain, 10 in flight", "streamed, 1 in flight"]
    for level in levels:
        base, ragbot = rows[f"{level}: httpx, one client"], rows[f"{level}: ragbot"]
        assert base["added_p50_ms"] == base["added_p99_ms"] == 0
        assert ragbot["added_p50_ms"] == pytest.approx(ragbot["p50_ms"] - base["p50_ms"], abs=0.001)
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in rows.values())
    assert all(row["calls_per_s"] > 0 and row["cpu_ms"] > 0 for row in rows.values())
    assert set(chat_peers.notes()) <= set(report.notes)


async def test_overshooting_is_told_by_the_providers_own_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overshoot, "_AT_ONCE", (4,))

    report = await overshoot.run(replace(tiny(), questions=4), in_silence)

    rows = figures(report)
    ours = {what: row for what, row in rows.items() if what.startswith("ragbot")}
    assert {"ragbot, SQLite, 1 process, 4 at once", "ragbot, PostgreSQL, 4 processes, 4 at once"} <= set(ours)
    assert all(row["asked"] == 4 and 0 < row["answered"] <= 4 for row in ours.values())
    assert all(0 < row["billed_micro_usd"] <= row["booked_micro_usd"] for row in ours.values())
    assert all(row["billed_times_limit"] <= 1 for row in ours.values())


async def test_killed_processes_are_counted_with_what_their_books_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash, "_KILLS_PER_RUN", 4)

    rows = figures(await crash.run(tiny(), in_silence))

    assert {name: row["runs"] for name, row in rows.items()} == {"SQLite": 2, "PostgreSQL": 2}
    wrong = ("books_below_bill", "budget_exceeded", "stuck", "sums_differ")
    assert not any(row[column] for row in rows.values() for column in wrong)


async def test_the_cost_of_quotas_is_told_beside_the_engine_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "_AT_ONCE", (4,))

    rows = figures(await quota.run(replace(tiny(), questions=20), in_silence))

    bare = [row for what, row in rows.items() if what.endswith("by itself")]
    assert [row["times_bare"] for row in bare] == [1, 1]
    floods = [row["transactions"] for what, row in rows.items() if "refused," in what]
    assert floods
    assert set(floods) == {1}
    spent = [row["spent_share"] for what, row in rows.items() if what.startswith("a budget spent")]
    assert all(0 < share <= 1 for share in spent)


async def test_commands_are_timed_beside_their_figures_counted_from_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_figures, "_ENTRIES_PER_QUESTION", 300)

    report = await ledger_figures.run(tiny(), in_silence)

    rows = figures(report)
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in rows.values())
    for engine in ("SQLite", "PostgreSQL"):
        assert rows[f"{engine}: an entry by itself"]["times_bare"] == 1
        typed = [rows[f"{engine}: {command.text}"] for command in commanding.COMMANDS if command.counted is not None]
        assert len(typed) == 5
        assert all(row["from_ledger_ms"] > 0 for row in typed)
        assert any(f"{engine}: 900 entries" in note and "equal to it" in note for note in report.notes)
    assert sum("the chart of" in what for what in rows) == 2


async def test_a_command_that_does_not_say_what_the_ledger_says_is_no_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def count_wrongly(_: object) -> int:
        return 1

    monkeypatch.setattr(ledger_figures, "_ENTRIES_PER_QUESTION", 10)
    monkeypatch.setattr(ledger_figures, "COMMANDS", [commanding.Asked("/cost month everything", count_wrongly)])

    with pytest.raises(RuntimeError, match="is not answered by"):
        await ledger_figures.run(tiny(), in_silence)


async def test_tallies_that_are_not_the_ledgers_are_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_figures, "_ENTRIES_PER_QUESTION", 10)
    monkeypatch.setattr(ledger_figures, "differences", lambda _: ("a row",))

    with pytest.raises(RuntimeError, match="not what the ledger says"):
        await ledger_figures.run(tiny(), in_silence)


async def test_a_conversation_is_timed_beside_as_many_commits_of_the_engine_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conversation, "_AT_ONCE", (1, 10))
    monkeypatch.setattr(conversation, "_MESSAGES_PER_QUESTION", {1: 1, 10: 10})
    monkeypatch.setattr(conversation, "_CHUNKS", 20)

    rows = figures(await conversation.run(tiny(), in_silence))

    engines = [what.partition(",")[0] for what in rows if "at once" in what and "RagPipeline" not in what]
    assert engines == ["SQLite", "SQLite", "PostgreSQL", "PostgreSQL"]
    assert [row["times_bare"] for what, row in rows.items() if what.endswith("by itself")] == [1, 1, 1]
    assert [rows[f"SQLite, {at_once} at once"]["messages"] for at_once in (1, 10)] == [3, 30]
    assert all(0 < row["shown_p50_ms"] <= row["returned_p50_ms"] <= row["returned_p99_ms"] for row in rows.values())
    assert rows["SQLite, 1 at once"]["transactions"] == rows["as many commits, SQLite by itself"]["transactions"] > 1


@on_linux
async def test_questions_that_wait_are_weighed_and_all_that_are_asked_at_once_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "_PER_QUESTION", (10, 20))

    rows = figures(await waiting.run(tiny(), in_silence))

    *waited, asked = rows.values()
    assert [row["questions"] for row in waited] == [30, 30, 60, 60]
    assert all(row["peak_mb"] > row["before_mb"] > 0 for row in waited)
    assert asked["questions"] == 60
    assert (asked["failed"], asked["lost"], asked["twice"]) == (0, 0, 0)
    assert 0 < asked["by_model"] <= 60


async def test_killed_bots_are_counted_with_what_became_of_their_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_crash, "_KILLS_PER_RUN", 1)

    rows = figures(await conversation_crash.run(tiny(), in_silence))

    whole = "SQLite, RagPipeline"
    assert list(rows) == ["SQLite, repeated questions", "PostgreSQL, repeated questions", whole]
    assert all(row["kills"] == 1 and row["under_way"] > 10 for row in rows.values())
    assert all(row["questions"] > row["answered"] > 0 for row in rows.values())
    wrong = ("unanswered", "unfinished", "twice", "wrong", "undeleted", "left_open")
    assert not any(row[column] for row in rows.values() for column in wrong)


async def test_slack_is_timed_flooded_and_counted_from_its_own_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack, "_CONTENDERS", (slack._BARE, ("ragbot", "http", 200)))
    monkeypatch.setattr(slack, "_ANSWERS", {"Briefly": 1})
    smaller = {
        "_WARM_UP_QUESTIONS": 1,
        "_WARM_UP_S": 0,
        "_EVENTS_PER_QUESTION": 20,
        "_RECONNECT_S": 0.1,
        "_QUIET_S": 0.2,
    }
    for name, value in smaller.items():
        monkeypatch.setattr(slack, name, value)

    report = await slack.run(tiny(), in_silence)

    rows = figures(report)
    bare, ours = rows["bare bolt, Socket Mode, 200/s"], rows["ragbot, HTTP, 200/s"]
    assert bare["sign_times_bare"] == 1
    assert [row["events"] for row in (bare, ours)] == [30, 30]
    assert all(0 < row["ack_p50_ms"] <= row["ack_p99_ms"] and row["sign_p50_ms"] > 0 for row in (bare, ours))
    flood = rows["a fifth again, sockets broken off, 1 process"]
    assert (flood["events"], flood["lost"], flood["doubled"]) == (60, 0, 0)
    assert all(row["calls_per_answer"] >= 3 for what, row in rows.items() if "characters" in what)
    assert any("streamed: " in note and "chat.stopStream 1" in note for note in report.notes)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], slack_crowd.Fate(lost=1, doubled=0)),
        (["Sorry."], slack_crowd.Fate(lost=1, doubled=0)),
        (["In garden 1 grow roses."], slack_crowd.Fate(lost=0, doubled=0)),
        (["In garden 2 grow roses."], slack_crowd.Fate(lost=1, doubled=0)),
        (["In garden 1 grow roses. In garden 1 grow roses."], slack_crowd.Fate(lost=0, doubled=1)),
        (["In garden 1 grow roses.", "Sorry."], slack_crowd.Fate(lost=0, doubled=1)),
    ],
)
def test_a_question_without_its_answer_is_lost_and_one_with_more_is_doubled(
    answers: Sequence[str], expected: slack_crowd.Fate
) -> None:
    workspace = slack_crowd.CrowdedSlack(streaming=True)
    asked = slack_crowd.Crowd(workspace, quiet_s=1).ask().message

    for answer in answers:
        workspace.write(Message(asked.channel, workspace.new_ts(), workspace.bot_user, answer, asked.ts))

    assert slack_crowd.fate(workspace) == expected


async def test_discord_is_timed_flooded_and_counted_from_its_own_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord, "_CONTENDERS", (("bare discord.py", 100), ("ragbot", 100)))
    monkeypatch.setattr(discord, "_ANSWERS", {"Briefly": 1})
    smaller = {
        "_WARM_UP_QUESTIONS": 1,
        "_WARM_UP_S": 0,
        "_MENTIONS_PER_QUESTION": 10,
        "_RESUME_S": 0.05,
        "_QUIET_S": 0.2,
        "_DOZEN": 2,
    }
    for name, value in smaller.items():
        monkeypatch.setattr(discord, name, value)

    report = await discord.run(tiny(), in_silence)

    rows = figures(report)
    bare, ours = rows["bare discord.py, 100/s"], rows["ragbot, 100/s"]
    assert bare["times_bare"] == 1
    assert [row["mentions"] for row in (bare, ours)] == [30, 30]
    assert all(0 < row["typing_p50_ms"] <= row["typing_p99_ms"] for row in (bare, ours))
    assert all(0 < row["text_p50_ms"] <= row["text_p99_ms"] and row["lost"] == 0 for row in (bare, ours))
    flood = rows["ragbot, 50 channels, connections ended, 1 process"]
    assert (flood["mentions"], flood["lost"], flood["doubled"]) == (30, 0, 0)
    assert rows["bare discord.py, 50 channels, connections ended, 1 process"]["mentions"] == 6
    assert any(re.search(r"closed with 1006 [1-9].*, 0 begun anew", note) for note in report.notes)
    assert rows["ragbot, 200 characters in 0.5 s"]["calls_per_answer"] >= 2
    assert any("message 1, typing 1" in note for note in report.notes)
    assert all(rows[f"{bot}, started"]["serving_s"] > 0 for bot in ("bare discord.py", "ragbot"))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], discord_crowd.Fate(lost=1, doubled=0)),
        (["Sorry."], discord_crowd.Fate(lost=1, doubled=0)),
        (["In garden 1 grow roses."], discord_crowd.Fate(lost=0, doubled=0)),
        (["In garden 2 grow roses."], discord_crowd.Fate(lost=1, doubled=0)),
        (["In garden 1 grow roses. In garden 1 grow roses."], discord_crowd.Fate(lost=0, doubled=1)),
        (["In garden 1 grow roses.", "Sorry."], discord_crowd.Fate(lost=0, doubled=1)),
    ],
)
async def test_a_mention_without_its_answer_is_lost_and_one_with_more_is_doubled(
    answers: Sequence[str], expected: discord_crowd.Fate
) -> None:
    world = discord_crowd.CrowdedDiscord(calls_per_s=50)
    asked = (await discord_crowd.Crowd(world, quiet_s=1, channels=1).ask()).message

    for answer in answers:
        world.write(DiscordMessage(world.new_id(), asked.channel, world.bot, answer, type=19, reply_to=asked))

    assert discord_crowd.fate(world) == expected


async def test_the_report_of_a_month_says_what_the_ledger_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monthly, "_PER_QUESTION", 100)

    rows = figures(await monthly.run(tiny(), in_silence))

    assert list(rows) == ["SQLite: a month's report", "PostgreSQL: a month's report"]
    assert all(row["questions"] == 300 and row["seconds"] > 0 for row in rows.values())
    assert len({row["total_micro_usd"] for row in rows.values()}) == 1


async def test_a_report_that_says_something_else_is_no_measurement(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/state.db", SystemClock())
    try:
        await write_month(database, 20)
        told = await monthly._told(f"sqlite:///{tmp_path}/state.db")
        assert (await monthly._row("SQLite", 20, [told], database)).figures[0] == 20
        await database.fetch("UPDATE ledger SET cost_micro_usd = 1 WHERE id = (SELECT max(id) FROM ledger)")
        with pytest.raises(RuntimeError, match="the report says"):
            await monthly._row("SQLite", 20, [told], database)
    finally:
        await database.aclose()


async def test_a_round_keeps_as_many_calls_in_flight_as_it_says() -> None:
    in_flight: list[int] = []
    now = 0

    async def ask() -> None:
        nonlocal now
        now += 1
        in_flight.append(now)
        await asyncio.sleep(0)
        now -= 1

    taken = routing.Taken()
    await routing._round(ask, 20, 5, taken)

    assert max(in_flight) == 5
    assert len(taken.each) == 20
    assert taken.calls_per_s == 20 / taken.rounds[0][1]


async def test_a_call_that_no_model_answered_is_no_measurement() -> None:
    async with OpenAIServer() as server:
        server.always = Refused("overloaded")
        async with routing._ragbot(f"{server.url}/v1", routing._request(), streaming=False) as ask:
            with pytest.raises(RuntimeError, match="no measurement"):
                await ask()


@with_peers
@pytest.mark.skipif(not chat_peers.installed(), reason="the `bench` extra is not installed")
@pytest.mark.parametrize("streaming", [False, True])
async def test_the_routers_of_others_get_the_answer_that_ragbot_gets(*, streaming: bool) -> None:
    async with chat_peers.provider() as url, routing._contenders(url, streaming=streaming) as contenders:
        assert {chat_peers.LITELLM, chat_peers.PYDANTIC_AI, "ragbot"} <= set(contenders)
        for ask in contenders.values():
            await ask()


@pytest.mark.skipif(bool(chat_peers.installed()), reason="the `bench` extra is installed")
def test_without_the_bench_extra_the_routers_of_others_are_left_out_in_words() -> None:
    assert chat_peers.notes() == [
        "LiteLLM Router and pydantic-ai FallbackModel: left out, the `bench` extra is not installed"
    ]


async def test_what_is_remembered_is_timed_beside_what_is_asked_for_the_first_time() -> None:
    report = await cached.run(tiny(), in_silence)

    rows = figures(report)
    first, *remembered = rows.values()
    assert list(rows) == [
        "asked for the first time",
        "again, from memory",
        "again, from the database",
        "in other words",
    ]
    assert first["share_of_first"] == 1
    assert all(0 < row["p50_us"] <= row["p99_us"] for row in rows.values())
    assert all(row["p50_us"] < first["p50_us"] for row in remembered)
    assert any("3 asked for the first time, 3 again, from memory" in note for note in report.notes)


@pytest.mark.skipif(not peers.has_llama_index(), reason="the `bench` extra is not installed")
async def test_llama_index_makes_as_many_chunks_of_the_same_documents_and_finds_them(tmp_path: Path) -> None:
    Corpus(20).write(tmp_path / "documents")

    made = peers.llama_index(tmp_path / "documents", tmp_path / "index")

    assert made.chunks == 20
    assert await made.retrieve(Corpus(20).questions(1)[0])


@pytest.mark.skipif(peers.has_llama_index(), reason="the `bench` extra is installed")
@pytest.mark.parametrize("benchmark", [ingest.run, query.run])
async def test_without_the_bench_extra_llama_index_is_left_out_in_words(benchmark: Benchmark) -> None:
    report = await benchmark(tiny(), in_silence)

    assert peers.NO_LLAMA_INDEX in report.notes
    assert not any(row.what.startswith("LlamaIndex") for row in report.rows)


async def test_quality_is_told_of_every_collection_that_is_there(collections: Path) -> None:
    report = figures(await quality.run(tiny(collections, collections / "missing"), in_silence))

    assert list(report) == ["capitals", "rivers"]
    assert report["capitals"] == {"documents": 6, "questions": 6, "ndcg_at_10": 1, "recall_at_10": 1, "mrr": 1}


async def test_relevance_asks_own_foreign_and_hard_questions(collections: Path) -> None:
    report = figures(await relevance.run(tiny(collections), in_silence))

    counted = ("documents", "own", "foreign", "hard")
    assert [report["capitals"][kind] for kind in counted] == [6, 6, 3, 2]
    assert [report["rivers"][kind] for kind in counted] == [3, 3, 6, 1]


async def test_an_answerable_question_is_judged_with_its_document_and_a_hard_one_without(collections: Path) -> None:
    capitals = read_collection(collections / "capitals")

    judged = await relevance.judge(capitals, ["What is the airspeed velocity of an unladen swallow?"])

    assert judged == Judged(own=[True] * 6, foreign=[False], hard=[False] * 2)


def test_precision_and_recall_are_of_answers_and_of_refusals() -> None:
    judged = Judged(own=[True, True, True, False], foreign=[False, False], hard=[True, False])

    assert judged.figures() == (4, 2, 2, 1, 1 / 2, 3 / 4, 3 / 4, 3 / 4, 3 / 4)


def test_what_no_question_tells_of_is_unknown() -> None:
    assert Judged(own=[True], foreign=[], hard=[]).figures() == (1, 0, 0, None, None, 1, 1, None, None)


# What it is measured on


@settings(max_examples=10, deadline=None)
@given(st.integers(min_value=1, max_value=60))
def test_the_corpus_makes_just_so_many_chunks_and_is_always_the_same(chunks: int) -> None:
    corpus = Corpus(chunks)

    load = loader_for("document.md")
    assert load is not None
    parsed = [load(document.encode(), "document.md") for document in corpus.documents]

    made = [piece for document in parsed for piece in chunk(document, max_chars=1600, overlap_chars=400)]
    assert len(made) == chunks
    assert corpus.documents == Corpus(chunks).documents
    assert corpus.questions(3) == Corpus(chunks).questions(3)


def test_the_corpus_is_english_and_portuguese_in_turn() -> None:
    assert [detect_language(document) for document in Corpus(40).documents] == ["en", "pt", "en", "pt"]


def test_questions_ask_about_what_documents_say(tmp_path: Path) -> None:
    corpus = Corpus(40)
    corpus.write(tmp_path / "documents")

    said = "\n".join(file.read_text(encoding="utf-8") for file in (tmp_path / "documents").iterdir())

    for question in corpus.questions(20):
        assert question.removeprefix("What is ").removeprefix("O que é ").removesuffix("?") in said


def test_a_collection_is_read_with_the_questions_that_it_answers(collections: Path) -> None:
    rivers = read_collection(collections / "rivers")

    assert rivers.language == "en"
    assert rivers.documents["Egypt"].startswith("# Egypt\n\nThe longest river of Egypt")
    assert set(rivers.questions) == {"qEgypt", "qBrazil", "qGermany"}
    assert rivers.answers["qEgypt"] == {"Egypt"}


def test_a_folder_without_questions_is_no_collection(collections: Path) -> None:
    (collections / "rivers" / "queries.jsonl").unlink()

    assert [folder.name for folder in collection_folders([collections])] == ["capitals", "rivers"]
    with pytest.raises(EvaluationError, match=r"queries\.jsonl"):
        read_collection(collections / "rivers")


# How it is measured


async def test_contenders_take_turns_and_what_warms_up_does_not_count() -> None:
    turns: list[str] = []

    def contender(name: str, seconds: Sequence[float]) -> Measure:
        left = iter(seconds)

        async def measure() -> float:
            turns.append(name)
            return next(left)

        return measure

    contenders = {"a": contender("a", [9, 1, 2]), "b": contender("b", [9, 3, 4])}
    told: list[str] = []
    measured = await in_turn(contenders, Plan(runs=2, warm_ups=1), told.append)

    assert turns == ["a", "b", "a", "b", "a", "b"]
    assert measured == {"a": [1, 2], "b": [3, 4]}
    assert told[0] == "warming up: a"
    assert told[-1] == "run 2 of 2: b"


def test_a_process_that_fails_is_no_measurement(tmp_path: Path) -> None:
    around = Surroundings(tmp_path, dict(os.environ))

    with pytest.raises(RuntimeError, match="exit code 3"):
        seconds_through_pipes(around, (sys.executable, "-c", "raise SystemExit(3)"))


@at_terminals
def test_a_program_at_a_terminal_is_timed_to_what_is_awaited(tmp_path: Path) -> None:
    around = Surroundings(tmp_path, dict(os.environ))
    program = "assert input('name? ') == 'me'"

    seconds = seconds_at_terminal(around, (sys.executable, "-c", program), "name?", "me\n")

    assert seconds > 0


@at_terminals
def test_a_program_that_never_shows_what_is_awaited_is_no_measurement(tmp_path: Path) -> None:
    around = Surroundings(tmp_path, dict(os.environ))

    with pytest.raises(RuntimeError, match="ended before b'ready', having shown b'sorry"):
        seconds_at_terminal(around, (sys.executable, "-c", "print('sorry')"), "ready")


@on_linux
def test_private_memory_grows_by_what_is_written_to() -> None:
    before = private_megabytes(os.getpid())
    written = bytearray(b"x") * 20_000_000

    assert private_megabytes(os.getpid()) - before > 19
    del written


def test_a_ratio_is_unknown_where_one_of_its_sides_is() -> None:
    assert (ratio(3, 2), ratio(None, 2), ratio(3, None), ratio(3, 0)) == (1.5, None, None, None)


# How it is told

REPORT = Report(
    (Column("p50_ms", 1), Column("chunks")), (Row("ragbot", (1.23456, 10_000)), Row("other", (None, 0))), ("a note",)
)


def test_programs_get_figures_and_readers_get_a_table() -> None:
    assert REPORT.as_dict() == {
        "rows": [
            {"what": "ragbot", "p50_ms": 1.2346, "chunks": 10_000},
            {"what": "other", "p50_ms": None, "chunks": 0},
        ],
        "notes": ["a note"],
    }
    assert REPORT.header() == ("", "p50 ms", "chunks")
    assert REPORT.cells() == [("ragbot", "1.2", "10,000"), ("other", "–", "0")]


def test_the_command_prints_a_table_and_its_notes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "--chunks", "20", "--questions", "3"]) == 0

    printed = capsys.readouterr()
    assert printed.out.startswith("\nquery\n")
    assert "ragbot: search" in printed.out
    assert "· 20 chunks, 3 different questions" in printed.out
    assert "query: ingesting 20 chunks" in printed.err


def test_the_command_prints_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "--json", "--chunks", "20", "--questions", "3"]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["query"]
    assert {"p50_ms", "p95_ms", "times_bare", "what"} == set(printed["query"]["rows"][0])


def test_an_unknown_benchmark_is_wrong_use_and_the_known_ones_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["query", "speed"])

    told = capsys.readouterr().err
    assert "there is no benchmark speed" in told
    assert all(name in told for name in BENCHMARKS)
