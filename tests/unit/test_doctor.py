from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.cli import EXIT_FAILED, EXIT_OK, EXIT_WRONG_USE, doctor
from bot.cli.doctor import Finding
from rag.model import Budget, Health, IndexStats, Task
from rag.routing.catalogue import Catalogue, GoneModel, ModelCard, Route
from rag.settings import RagSettings
from tests.fakes.slack import Slack, open_slack

HEALTH = Health(
    ready=True,
    version="0.1.0",
    index=IndexStats(documents=12, chunks=1340, unindexed=0, embedder=None),
    store_kind="sqlite",
    store_ok=True,
    providers=(),
    budget=Budget(None, None, None),
)
EMBEDDINGS = "embeddings: {provider: openai, model: text-embedding-3-small, dimensions: 512}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ragbot runs, with one document."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "RAGBOT_CONFIG", "RAGBOT_DATA", "RAGBOT_STATE_URL", "RAGBOT_LANCEDB_URI"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "docs").mkdir()
    (tmp_path / "config").mkdir()
    return tmp_path


async def examined(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Finding]]:
    code = await doctor.run(Namespace(config=None, verbose=False, json=True))
    findings = [Finding(**finding) for finding in json.loads(capsys.readouterr().out)]
    return code, {finding.what: finding for finding in findings}


async def test_a_sound_installation_needs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert {what: finding.state for what, finding in findings.items()} == {
        "configuration": "ok",
        "data folder": "ok",
        "documents": "ok",
        "keys": "note",
        "models": "ok",
        "index": "note",
        "state database": "ok",
    }
    assert findings["index"].remedy == "ragbot ingest PATH"


async def test_missing_documents_are_noted_with_the_file_that_names_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "docs").rmdir()

    code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert findings["documents"] == Finding(
        "documents",
        "note",
        "there is no file or folder docs",
        "put documents there, or change `documents` in config/bot.yaml",
    )


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slack]:
    """A workspace that the environment knows the tokens of."""
    async with open_slack() as slack:
        monkeypatch.setenv("SLACK_API_URL", slack.api_url)
        monkeypatch.setenv("SLACK_BOT_TOKEN", slack.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN", slack.app_token)
        yield slack


async def test_slack_is_asked_whether_it_knows_the_tokens(slack: Slack, capsys: pytest.CaptureFixture[str]) -> None:
    code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert findings["Slack"].state == "ok"
    assert slack.bot_user in findings["Slack"].told


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_token_that_slack_does_not_know_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "xoxb-wrong" if name == "SLACK_BOT_TOKEN" else "xapp-wrong")

    code, findings = await examined(capsys)

    assert code == EXIT_FAILED
    assert findings["Slack"].told.startswith(f"{name}: Slack does not know this token")
    assert "wrong" not in findings["Slack"].told


async def test_permissions_that_slack_has_not_granted_are_noted_with_what_is_lost(
    slack: Slack, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.scopes.discard("files:write")

    code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert findings["Slack"].state == "note"
    assert "files:write" in findings["Slack"].told
    assert "Charts" in findings["Slack"].told


async def test_a_slack_that_does_not_answer_is_told(slack: Slack, capsys: pytest.CaptureFixture[str]) -> None:
    slack.fail("auth.test", error="internal_error", times=10)

    code, findings = await examined(capsys)

    assert code == EXIT_FAILED
    assert findings["Slack"].told.startswith("Slack does not answer: auth.test")


async def test_public_collections_that_no_documents_make_are_noted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config/bot.yaml").write_text("public_collections: [ragbot-guide, ragbot-guid]\n", encoding="utf-8")

    code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert findings["public collections"] == Finding(
        "public collections",
        "note",
        "ragbot-guid may be read by everybody, but no entry of documents has such a collection",
        "mend `public_collections` in config/bot.yaml, unless `ragbot ingest --collection` fills it",
    )


async def test_every_problem_of_the_configuration_is_told_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config/bot.yaml").write_text("language: fr\n")
    (folder / "config/llm_providers_config.yaml").write_text("routing:\n  cost_limit: {}\n")

    code = await doctor.run(Namespace(config=None, verbose=False, json=False))

    shown = capsys.readouterr().out
    assert code == EXIT_WRONG_USE
    assert "config/bot.yaml:1: language: expected en, pt-BR or auto" in shown
    assert "config/llm_providers_config.yaml:2: routing.cost_limit: unknown key; did you mean cost_limits?" in shown
    assert not (folder / "data").exists(), "nothing was started"


async def test_an_environment_file_that_is_no_text_is_a_wrong_configuration(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".env").write_bytes(b"\xff")

    code, findings = await examined(capsys)

    assert code == EXIT_WRONG_USE
    assert findings["configuration"].told.startswith(".env: ")


async def test_a_file_in_place_of_the_data_folder_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").touch()

    code, findings = await examined(capsys)

    assert code == EXIT_FAILED
    assert findings["data folder"].told == "data/ cannot be written: File exists"
    assert "RAGBOT_DATA" in findings["data folder"].remedy
    assert findings["index"].state == "failed"


async def test_a_file_in_place_of_the_index_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").mkdir()
    (folder / "data/lancedb").touch()

    code, findings = await examined(capsys)

    assert code == EXIT_FAILED
    assert findings["data folder"].state == "ok"
    assert findings["index"].state == "failed"
    assert "data/lancedb" in findings["index"].remedy


async def test_a_damaged_state_database_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").mkdir()
    (folder / "data/state.db").write_text("no database " * 100)

    code, findings = await examined(capsys)

    assert code == EXIT_FAILED
    assert "move the file away" in findings["state database"].told
    assert findings["index"].state == "note"


async def test_configured_embeddings_without_their_key_are_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config/llm_providers_config.yaml").write_text(EMBEDDINGS)

    code, findings = await examined(capsys)

    assert code == EXIT_FAILED
    assert "openai" in findings["keys"].told
    assert findings["keys"].remedy == "set OPENAI_API_KEY in the environment or in .env"


async def test_a_provider_of_one_s_own_has_its_key_where_its_file_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config/llm_providers_config.yaml").write_text(
        "providers: {voyage: {kind: openai, base_url: 'https://api.voyageai.com/v1', api_key: '${VOYAGE_KEY:-}'}}\n"
        "embeddings: {provider: voyage, model: voyage-4-lite}\n"
    )

    _, findings = await examined(capsys)

    assert "providers.voyage.api_key in config/llm_providers_config.yaml" in findings["keys"].remedy


async def test_a_key_is_told_by_its_provider_and_vectors_are_still_to_be_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config/llm_providers_config.yaml").write_text(EMBEDDINGS)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert findings["keys"] == Finding("keys", "ok", "present for openai")
    assert findings["vectors"].state == "note"


def parts(health: Health, folder: Path, *, key: str = "") -> dict[str, Finding]:
    (folder / "config/llm_providers_config.yaml").write_text(EMBEDDINGS)
    core = RagSettings.load(folder / "config", {"OPENAI_API_KEY": key})
    return {finding.what: finding for finding in doctor._parts(health, core)}


@pytest.mark.parametrize(
    ("recorded", "state"),
    [
        (None, "note"),
        ("openai/text-embedding-3-small, 512 dimensions", "ok"),
        ("openai/text-embedding-3-small, 1536 dimensions", "failed"),
    ],
)
def test_vectors_of_another_model_or_length_are_found(recorded: str | None, state: str, folder: Path) -> None:
    assert HEALTH.index is not None
    health = replace(HEALTH, index=replace(HEALTH.index, embedder=recorded))

    found = parts(health, folder, key="sk-secret")["vectors"]

    assert found.state == state
    assert ("--reembed" in found.remedy) == (state == "failed")


DAY = date(2026, 11, 22)


def models(folder: Path, routes: Mapping[Task, tuple[str, ...]], **keys: str) -> list[Finding]:
    """What is told of these routes; the keys are those of the environment."""
    core = RagSettings.load(folder / "config", keys)
    cards = (
        ModelCard(provider="openai", model="gpt", rates=()),
        ModelCard(provider="openai", model="old", rates=(), retires=date(2026, 12, 11), replacement="openai/gpt"),
        ModelCard(provider="anthropic", model="claude", rates=()),
    )
    catalogue = Catalogue(
        {card.name: card for card in cards},
        gone={"openai/gone": GoneModel(name="openai/gone", replacement="openai/gpt")},
    )
    named: Mapping[Task, Route] = {task: Route("preferred", names) for task, names in routes.items()}
    return list(
        doctor._models(replace(core, catalogue=catalogue, routes=named, cheaper_models=()), DAY, folder / "config")
    )


def test_models_that_are_gone_fail_and_those_that_retire_soon_are_noted_each_once(folder: Path) -> None:
    found = models(
        folder,
        {"factual": ("openai/gpt", "openai/old"), "quick": ("openai/gone", "openai/old", "openai/gpt")},
        OPENAI_API_KEY="sk-secret",
    )

    assert found == [
        Finding(
            "models",
            "note",
            "openai/old retires on 11 December 2026; use openai/gpt instead",
            f"change it in {folder}/config/llm_providers_config.yaml",
        ),
        Finding(
            "models",
            "failed",
            "openai/gone is gone; use openai/gpt instead",
            f"change it in {folder}/config/llm_providers_config.yaml",
        ),
    ]


def test_routes_without_any_model_that_has_a_key_are_named(folder: Path) -> None:
    routes: Mapping[Task, tuple[str, ...]] = {
        "factual": ("openai/gpt",),
        "quick": ("anthropic/claude",),
        "real_time": ("anthropic/claude", "openai/gpt"),
    }

    *_, silent = models(folder, routes, OPENAI_API_KEY="sk-secret")

    assert silent.what == "routes"
    assert silent.told == "no model for quick has a key: those answers are quoted from the documents"


@pytest.mark.parametrize("key", ["", "sk-secret"])
def test_sound_routes_are_told_in_one_line_and_missing_keys_are_not_told_twice(key: str, folder: Path) -> None:
    (found,) = models(folder, {"factual": ("openai/gpt",)}, OPENAI_API_KEY=key)

    assert found == Finding("models", "ok", "1 on the routes, all of them served for the next weeks")


def test_rows_outside_the_index_are_noted_when_there_are_many(folder: Path) -> None:
    assert HEALTH.index is not None
    few, many = (replace(HEALTH, index=replace(HEALTH.index, unindexed=rows)) for rows in (1_000, 1_001))

    assert parts(few, folder)["index"] == Finding("index", "ok", "12 documents, 1,340 chunks")
    assert parts(many, folder)["index"].state == "note"


def test_an_index_that_opens_but_cannot_be_read_is_told_with_its_reason(folder: Path) -> None:
    health = replace(HEALTH, index=None, problems=("the index does not answer: disk on fire",))

    found = parts(health, folder)["index"]

    assert found.state == "failed"
    assert found.told == "the index does not answer: disk on fire"


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
async def test_states_are_coloured_on_a_terminal_unless_that_is_unwanted(
    no_color: str, coloured: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    await doctor.run(Namespace(config=None, verbose=False, json=False))

    first = capsys.readouterr().out.splitlines()[0]
    assert first == ("\x1b[32mok    \x1b[0m" if coloured else "ok    ") + "  configuration: config/ is sound"
