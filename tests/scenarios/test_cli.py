"""The real program as an operator runs it: typed, piped, interrupted, in an empty folder and in a full one."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, AnyStr

import pytest

from tests.fakes.pseudo_terminal import PATIENCE_S, PseudoTerminal

PROGRAM = (sys.executable, "-m", "bot")
DOCUMENTS = {
    "budget.md": (
        "# Budgets\n\n## Daily budget\n\nSet `daily_budget` under `routing.cost_limits` in the configuration. The"
        " amount is in US dollars a day.\n\n## Warnings\n\nA warning is sent at eighty percent of the budget.\n"
    ),
    "backup.md": "# Backups\n\n## Restore a backup\n\nRun `restore --latest` on the database host.\n",
    "deploy.html": "<h1>Deploys</h1><p>A deploy is rolled back with the command <code>undo</code>.</p>",
    "ferias.md": (
        "# Férias\n\n## Quantos dias de férias\n\nCada pessoa tem direito a 30 dias de férias por ano. As férias são"
        " pedidas ao gestor com um mês de antecedência.\n"
    ),
    "empty.md": "",
    "logo.png": "not a document",
}


def environment(**variables: str) -> dict[str, str]:
    """Hardly anything: what runs here must not depend on whose machine it is."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **measured, **variables}


def ragbot(
    folder: Path, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        check=False,
        cwd=folder,
        env=environment(**(env or {})),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
    )


def at_a_terminal(folder: Path, *arguments: str, **variables: str) -> PseudoTerminal:
    return PseudoTerminal([*PROGRAM, *arguments], cwd=folder, env=environment(**variables))


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[AnyStr]) -> None:
    """Look again and again while the process lives, which it must."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def write_documents(folder: Path) -> None:
    (folder / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")


def write_many_documents(folder: Path, *, ending: str = "") -> None:
    """Enough to keep an ingestion busy for seconds."""
    (folder / "docs").mkdir(exist_ok=True)
    for number in range(800):
        parts = (f"## Part {part}\n\nOf matter {number * 7 + part}.{ending}" for part in range(12))
        (folder / f"docs/{number}.md").write_text("\n\n".join((f"# Matter {number}", *parts)))


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose documents are in the index; tests only read it."""
    folder = tmp_path_factory.mktemp("ingested")
    write_documents(folder)
    assert ragbot(folder, "ingest").returncode == 0
    return folder


@pytest.fixture
def copied(ingested: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(ingested, tmp_path / "copied")


# Asking


def test_a_question_is_answered_with_its_source_and_a_receipt(ingested: Path) -> None:
    done = ragbot(ingested, "ask", "How", "do", "I", "set", "a", "daily", "budget?")

    assert done.returncode == 0
    assert "Set `daily_budget` under `routing.cost_limits`" in done.stdout
    assert "[1] Budgets › Daily budget — docs/budget.md#daily-budget" in done.stdout
    assert "no model · extractive" in done.stdout
    assert done.stderr == ""


def test_an_answer_as_json_has_what_scripts_rely_on(ingested: Path) -> None:
    done = ragbot(ingested, "ask", "--json", stdin="quantos dias\nde férias tenho?\n")

    answer = json.loads(done.stdout)
    assert answer.keys() >= {
        *("question", "answer", "citations", "task", "provider", "model", "rung", "rung_reason"),
        *("cached", "tokens", "cost_usd", "latency_s", "reference"),
        *("attempts", "age_s", "similar_to", "truncated", "unbacked"),
    }
    assert answer["question"] == "quantos dias\nde férias tenho?"
    assert answer["citations"][0].keys() >= {"n", "title", "source", "quote"}
    assert answer["citations"][0]["source"] == "docs/ferias.md"
    assert answer["tokens"] == {"input": None, "output": None, "cached_input": None}
    assert (answer["rung"], answer["attempts"], answer["unbacked"]) == ("extractive", [], False)
    assert answer["cost_usd"] == 0


def test_a_mistyped_collection_is_wrong_use_and_not_an_answer(ingested: Path) -> None:
    done = ragbot(ingested, "ask", "--collection", "ragbot-gide", "How do I set a daily budget?")

    assert done.returncode == 2
    assert done.stderr == "ragbot ask: there is no collection ragbot-gide; did you mean ragbot-guide?\n"
    assert done.stdout == ""


def test_a_mistyped_model_is_wrong_use_and_a_known_one_is_pinned(ingested: Path) -> None:
    mistyped = ragbot(ingested, "ask", "--model", "openai/gpt-6.1-tera", "How do I set a daily budget?")
    pinned = ragbot(ingested, "ask", "--json", "--model", "openai/gpt-6.1-terra", "How do I set a daily budget?")

    assert mistyped.returncode == 2
    assert mistyped.stderr == (
        "ragbot ask: there is no model openai/gpt-6.1-tera; did you mean openai/gpt-6.1-terra?\n"
    )
    assert json.loads(pinned.stdout)["rung"] == "extractive", "without a key no model is asked"


def test_a_message_s_route_is_told_without_asking_anybody(ingested: Path) -> None:
    message = ("route", "write a python script that restores the last backup")
    keys = {"OPENAI_API_KEY": "sk-unused"}  # nothing is sent: the network is not there

    told = ragbot(ingested, *message, env=keys)
    plan = json.loads(ragbot(ingested, *message, "--json", env=keys).stdout)
    pinned = json.loads(ragbot(ingested, *message, "--json", "--model", "openai/gpt-6-luna", env=keys).stdout)

    assert (plan["kind"], plan["command"], plan["task"], plan["language"]) == (
        "question",
        None,
        "code_generation",
        "en",
    )
    taken = [candidate for candidate in plan["candidates"] if candidate["taken"]]
    assert {candidate["provider"] for candidate in taken} == {"openai"}
    assert taken[0]["reason"] == "first"
    assert 0 < taken[0]["estimate_usd"] < 1
    assert f"openai/{taken[0]['model']}" in told.stdout
    assert "its provider has no key" in told.stdout
    assert [c["model"] for c in pinned["candidates"] if c["taken"]] == ["gpt-6-luna"]


def test_a_place_s_pin_holds_for_its_questions_and_a_wrong_one_is_told_with_its_line(copied: Path) -> None:
    (copied / "config").mkdir()
    settings = copied / "config/bot.yaml"
    keys = {"OPENAI_API_KEY": "sk-unused"}

    settings.write_text("pins:\n  console: {model: openai/gpt-6-luna}\n")
    plan = json.loads(ragbot(copied, "route", "--json", "How do I set a daily budget?", env=keys).stdout)
    settings.write_text("pins:\n  console: {model: openai/gpt-6-lunar}\n")
    wrong = ragbot(copied, "ask", "anything?")

    assert [c["model"] for c in plan["candidates"] if c["taken"]] == ["gpt-6-luna"]
    assert wrong.returncode == 2
    assert wrong.stderr.endswith(
        "config/bot.yaml:2: pins.console.model: expected a model from models (the nearest is openai/gpt-6-luna), not"
        ' "openai/gpt-6-lunar"\n'
    )


def test_a_terminal_that_knows_ascii_alone_gets_every_answer(ingested: Path) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    read = ragbot(ingested, "ask", "quantos dias de férias?", env=ascii_only)
    parsed = ragbot(ingested, "ask", "--json", stdin="quantos dias de férias?", env=ascii_only)

    assert "30 dias de f?rias por ano" in read.stdout
    assert "30 dias de férias por ano" in json.loads(parsed.stdout)["answer"]
    assert read.stderr == parsed.stderr == ""


IMPORTS = """
import sys
from bot.cli import main
code = main(sys.argv[2:])
print(*sorted(set(sys.argv[1].split()) & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (("ask", "How do I set a daily budget?"), "rich prompt_toolkit httpx tenacity selectolax markdown_it"),
        (("ask", "--help"), "asyncio pydantic yaml rag lancedb"),
    ],
)
def test_what_is_not_needed_is_not_imported(arguments: tuple[str, ...], heavy: str, ingested: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, heavy, *arguments],
        check=True,
        cwd=ingested,
        env=environment(),
        capture_output=True,
        text=True,
    )

    assert done.stderr == "\n"
    assert "daily budget" in done.stdout.lower()


# Chatting


def test_a_chat_through_a_pipe_speaks_the_language_of_the_system(ingested: Path) -> None:
    done = ragbot(ingested, "chat", stdin="quantos dias de férias?\n/quit\n", env={"LANG": "pt_BR.UTF-8"})

    assert done.returncode == 0
    assert "30 dias de férias" in done.stdout
    assert "Citado dos documentos; nenhum modelo escreveu isto." in done.stdout


def test_a_chat_at_a_terminal_answers_until_quit(ingested: Path) -> None:
    with at_a_terminal(ingested, "chat", "--collection", "ragbot-guide") as terminal:
        terminal.read_until("I know 4 documents")
        terminal.read_until("›")
        terminal.press("How is a deploy rolled back?\r")
        terminal.read_until("rolled back with the command undo")
        terminal.read_until("no model · extractive")
        terminal.read_until("›")
        terminal.press("/quit\r")

        assert terminal.exit_code() == 0


# Ingesting


def test_an_ingestion_tells_what_it_took_and_what_it_left_and_why(copied: Path) -> None:
    (copied / "docs/new.md").write_text("# New\n\nSomething new.\n")
    (copied / "docs/backup.md").unlink()

    done = ragbot(copied, "ingest", "docs", "--collection", "ragbot-guide")

    assert done.returncode == 0
    first, *skipped = done.stdout.splitlines()
    assert first.startswith("ragbot-guide: 1 added, 0 changed, 1 removed, 3 unchanged, 2 skipped (1 chunk in ")
    assert skipped == ["  skipped docs/logo.png: no loader for .png", "  skipped docs/empty.md: is empty"]
    assert done.stderr == "", "there is no progress bar in a pipe"


def test_a_single_file_with_a_url_is_cited_by_it(copied: Path) -> None:
    took = ragbot(
        copied, "ingest", "docs/deploy.html", "--collection", "web", "--url", "https://example.com/{stem}", "--json"
    )
    asked = ragbot(copied, "ask", "--json", "--collection", "web", "how is a deploy rolled back?")

    (report,) = json.loads(took.stdout)
    assert (report["collection"], report["added"], report["skipped"]) == ("web", 1, [])
    assert json.loads(asked.stdout)["citations"][0]["link"].startswith("https://example.com/deploy")


def test_configured_documents_that_are_missing_are_told_and_do_not_stop_the_others(tmp_path: Path) -> None:
    write_documents(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/bot.yaml").write_text("documents: [{path: gone}, {path: docs, collection: guide}]")

    done = ragbot(tmp_path, "ingest")

    assert done.returncode == 1
    assert done.stdout.startswith("guide: 4 added")
    assert done.stderr == (
        "ragbot ingest: there is no file or folder gone (`documents` in config/bot.yaml): put documents there, change"
        " that, or name a PATH\n"
    )


def test_an_ingestion_at_a_terminal_shows_progress_and_ctrl_c_stops_it_kindly(tmp_path: Path) -> None:
    write_many_documents(tmp_path)
    with at_a_terminal(tmp_path, "ingest", "docs") as terminal:
        terminal.read_until("/800 files, ")
        terminal.read_until("/s, left 0:00:0")
        terminal.press("\x03")

        assert terminal.exit_code() == 130
        assert "Stopped. What is in can be searched already" in terminal.shown
        assert "Traceback" not in terminal.shown

    done = ragbot(tmp_path, "ingest", "docs", "--json")

    (report,) = json.loads(done.stdout)
    assert report["added"] + report["unchanged"] == 800


EMBEDDINGS = "embeddings: {provider: openai, model: text-embedding-3-small, dimensions: %d}"


def test_what_vectors_cost_is_told_and_asked_before_and_two_models_are_never_mixed(copied: Path) -> None:
    (copied / "config").mkdir()
    settings = copied / "config/llm_providers_config.yaml"
    settings.write_text(EMBEDDINGS % 512)
    with at_a_terminal(copied, "ingest", OPENAI_API_KEY="sk-unused") as terminal:
        terminal.read_until("chunks with openai/text-embedding-3-small: about ")
        terminal.read_until("tokens and $0.0")
        terminal.read_until("Go on? [Y/n] ")
        terminal.press("n\r")

        assert terminal.exit_code() == 1
        assert "not agreed to" in terminal.shown

    with at_a_terminal(copied, "ingest", OPENAI_API_KEY="sk-unused") as terminal:
        terminal.read_until("Go on? [Y/n] ")
        terminal.press("\x03")

        assert terminal.exit_code() == 130

    settings.write_text(EMBEDDINGS % 256)
    done = ragbot(copied, "ingest", env={"OPENAI_API_KEY": "sk-unused"})

    assert done.returncode == 1
    assert "512 dimensions" in done.stderr
    assert "`ragbot ingest --reembed`" in done.stderr


# Running


def test_one_question_is_answered_from_documents_ingested_just_before(tmp_path: Path) -> None:
    write_documents(tmp_path)

    done = ragbot(tmp_path, "run", "--question", "How do I restore a backup?")

    assert done.returncode == 0
    assert done.stdout.startswith("> Run `restore --latest`")
    assert done.stderr.startswith("ragbot-guide: 4 added")


def test_ctrl_c_during_the_first_ingestion_ends_the_bot_with_one_line(tmp_path: Path) -> None:
    write_many_documents(tmp_path)
    with at_a_terminal(tmp_path, "run") as terminal:
        terminal.read_until("/s, left 0:00:0")
        terminal.press("\x03")

        assert terminal.exit_code() == 130
        assert terminal.shown.count("Stopped") == 1
        assert "Traceback" not in terminal.shown


def test_ctrl_c_in_the_chat_leaves_the_ingestion_beside_it_alone(tmp_path: Path) -> None:
    write_many_documents(tmp_path)
    assert ragbot(tmp_path, "ingest", "--json").returncode == 0
    write_many_documents(tmp_path, ending=" As of today.")
    log = tmp_path / "data/ragbot.log"
    with at_a_terminal(tmp_path, "run") as terminal:
        terminal.read_until("I know 800 documents")
        terminal.read_until("›")
        os.killpg(terminal.process.pid, signal.SIGINT)  # as a terminal does, to all that run in it
        terminal.read_until("Ctrl-C once more")
        assert "changed" not in log.read_text(), "the ingestion was over before it could be hit"
        wait_until(lambda: "ragbot-guide: 0 added, 800 changed" in log.read_text(), terminal.process)
        terminal.press("\x04")

        assert terminal.exit_code() == 0
        assert "changed" not in terminal.shown, "what the ingestion tells belongs in the log"


def test_two_bots_that_start_at_once_on_a_new_folder_both_answer(tmp_path: Path) -> None:
    write_documents(tmp_path)
    bots = [
        subprocess.Popen(
            [*PROGRAM, "run", "--question", "How do I restore a backup?"],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    answers = [bot.communicate(timeout=PATIENCE_S)[0] for bot in bots]

    assert [bot.returncode for bot in bots] == [0, 0]
    assert all("Run `restore --latest`" in answer for answer in answers)


def test_a_bot_without_documents_says_which_are_missing_and_a_folder_named_bot_confuses_nobody(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/bot.yaml").write_text("documents: [{path: gone}, {path: bot}]")
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot/__init__.py").write_text("raise SystemExit('not this one')")
    # `python -m` looks into the working folder first; the installed command does not.
    installed = (sys.executable, "-P", *PROGRAM[1:])

    done = subprocess.run(
        [*installed, "run"], check=False, cwd=tmp_path, env=environment(), input="", capture_output=True, text=True
    )

    assert done.returncode == 0
    assert "there is no file or folder gone" in done.stderr
    assert "default: 1 added" in done.stderr
    assert "not this one" not in done.stderr


def test_a_bot_with_no_platform_to_serve_is_wrongly_configured(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/bot.yaml").write_text("platforms: {console: {enabled: false}}")

    done = ragbot(tmp_path, "run")

    assert done.returncode == 2
    assert "config/bot.yaml: platforms: expected one that is enabled" in done.stderr


# Looking after it


def test_sources_are_listed_and_forgotten(copied: Path) -> None:
    (guide,) = json.loads(ragbot(copied, "sources", "--json").stdout)
    mistyped = ragbot(copied, "sources", "--remove", "guide")
    removed = ragbot(copied, "sources", "--remove", "ragbot-guide")
    left = ragbot(copied, "sources")

    assert (guide["collection"], guide["documents"], guide["chunks"]) == ("ragbot-guide", 4, 4)
    assert guide["last_sync"].endswith("+00:00")
    assert mistyped.returncode == 2
    assert mistyped.stderr == "ragbot sources: there is no collection guide; known: ragbot-guide\n"
    assert removed.stdout == "ragbot-guide: 4 documents removed\n"
    assert left.stdout == "No documents yet. For example: ragbot ingest docs\n"


def test_the_status_is_told_to_people_and_to_scripts(ingested: Path) -> None:
    told = ragbot(ingested, "status")
    status = json.loads(ragbot(ingested, "status", "--json").stdout)

    assert told.returncode == 0
    assert "index   4 documents, 4 chunks, full text" in told.stdout
    assert "budget  $0.00 of $25.00 used today\n" in told.stdout
    assert status["ready"] is True
    assert status["index"].items() >= {"documents": 4, "chunks": 4, "unindexed": 0}.items()
    assert status["store"] == {"kind": "sqlite", "ok": True}
    assert status["budget"] == {"limit_usd": 25.0, "used_usd": 0.0, "held_usd": 0.0, "unconfirmed_usd": 0.0}
    assert status["providers"][0].keys() >= {
        *("provider", "model", "state", "error_rate", "first_token_p50_s", "latency_p50_s", "last_error"),
    }


def test_an_index_that_cannot_be_opened_is_no_traceback_but_a_status(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/lancedb").touch()

    asked = ragbot(tmp_path, "ask", "anything?")
    told = ragbot(tmp_path, "status", "--json")

    assert asked.returncode == told.returncode == 1
    assert asked.stderr.startswith("ragbot: the index data/lancedb does not answer")
    assert "`ragbot doctor` says what to do" in asked.stderr
    status = json.loads(told.stdout)
    assert (status["ready"], status["index"]) == (False, None)
    assert "data/lancedb" in status["problems"][0]


def test_folders_are_named_by_options_variables_and_the_env_file_in_that_order(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RAGBOT_DATA=from-file\nRAGBOT_CONFIG=nowhere\n")
    (tmp_path / "chosen").mkdir()

    done = ragbot(tmp_path, "sources", "--verbose", "--config", "chosen", env={"RAGBOT_DATA": "from-variable"})

    assert done.returncode == 0
    assert (tmp_path / "from-variable/state.db").exists()
    assert not (tmp_path / "from-file").exists()


def test_the_log_goes_to_its_file_and_with_verbose_to_the_terminal_too(copied: Path) -> None:
    done = ragbot(copied, "ask", "How do I set a daily budget?", "--verbose")

    (logged,) = [line for line in done.stderr.splitlines() if "INFO rag.pipeline answered" in line]
    assert logged in (copied / "data/ragbot.log").read_text()


def test_a_log_that_cannot_be_written_is_told_and_stops_nothing(copied: Path) -> None:
    (copied / "data/ragbot.log").unlink()
    (copied / "data/ragbot.log").mkdir()

    done = ragbot(copied, "ask", "How do I set a daily budget?")

    assert done.returncode == 0
    assert "data/ragbot.log cannot be written" in done.stderr
    assert "answered" not in done.stderr


# Measuring


def test_questions_are_evaluated_and_the_worst_are_named(ingested: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    questions = [
        {"question": "How do I restore a backup?", "sources": ["docs/backup.md"], "must_contain": ["restore --latest"]},
        {"question": "How many days of férias?", "sources": ["docs/ferias.md"], "must_contain": ["40 dias|40 days"]},
    ]
    file.write_text("\n".join(map(json.dumps, questions)))

    told = ragbot(ingested, "eval", str(file))
    report = json.loads(ragbot(ingested, "eval", str(file), "--json", "--collection", "ragbot-guide").stdout)

    assert told.returncode == 0
    assert "How many days of férias?" in told.stdout.partition("The worst:")[2]
    assert "How do I restore a backup?" not in told.stdout
    assert report["questions"] == 2
    assert len(report["outcomes"]) == 2


def test_questions_cannot_be_evaluated_before_documents_are_in(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text('{"question": "why?", "sources": ["a.md"]}')

    done = ragbot(tmp_path, "eval", "questions.jsonl")

    assert done.returncode == 1
    assert done.stderr == "ragbot eval: the index holds no documents; ragbot ingest PATH first\n"


# Ending


@pytest.mark.parametrize("arguments", [("ask", "How do I set a daily budget?"), ("--help",)])
def test_a_reader_who_has_left_is_no_error_to_complain_about(arguments: tuple[str, ...], ingested: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [*PROGRAM, *arguments], check=False, cwd=ingested, env=environment(), stdout=writing, stderr=subprocess.PIPE
    )

    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("command", ["sources", "chat"])
def test_an_output_that_cannot_be_written_is_told_in_a_line(command: str, ingested: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, command],
            check=False,
            cwd=ingested,
            env=environment(),
            input=b"/sources\n",
            stdout=full,
            stderr=subprocess.PIPE,
        )

    assert done.returncode == 1
    assert done.stderr == b"ragbot: [Errno 28] No space left on device\n"


def is_read(pipe: IO[bytes]) -> bool:
    """Whether nothing of what was written into the pipe is left in it."""
    return fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) == bytes(4)


@pytest.mark.parametrize(("command", "number", "code"), [("ask", signal.SIGINT, 130), ("chat", signal.SIGTERM, 143)])
def test_a_signal_ends_what_waits_for_a_pipe_without_a_traceback(
    command: str, number: signal.Signals, code: int, ingested: Path
) -> None:
    with subprocess.Popen(
        [*PROGRAM, command],
        cwd=ingested,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"a question that does not")
        process.stdin.flush()
        wait_until(lambda: is_read(process.stdin), process)
        process.send_signal(number)

        assert process.wait(PATIENCE_S) == code
        assert process.stderr.read() == b""
