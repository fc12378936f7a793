"""`ragbot doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from bot.bootstrap import environment
from bot.cli.output import print_json
from bot.settings import BotSettings, check_files
from rag.errors import RagError
from rag.model import Health
from rag.pipeline import RagPipeline
from rag.settings import RagSettings

# More rows than this outside the full-text index make every question noticeably slower.
_UNINDEXED_ROWS = 1_000
_MARKS = {"ok": ("✓", "green"), "note": ("–", "yellow"), "failed": ("✗", "red")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: `note` is worth knowing and stops nothing.
        remedy: What to do; empty where nothing has to be done.
    """

    what: str
    state: Literal["ok", "note", "failed"]
    told: str
    remedy: str = ""


async def run(options: Namespace) -> int:
    """Look at everything that ragbot needs; exit with 2 for a wrong configuration, 1 for another failure."""
    folder, environ = environment(options)
    findings = _configuration(folder, environ)
    wrong = any(finding.state == "failed" for finding in findings)
    if not wrong:
        findings += [finding async for finding in _installation(folder, environ)]
    if options.json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    failed = any(finding.state == "failed" for finding in findings)
    return 2 if wrong else int(failed)


def _configuration(folder: Path, environ: Mapping[str, str]) -> list[Finding]:
    problems = check_files(folder, environ)
    if problems:
        return [
            Finding("configuration", "failed", str(problem), "mend this line and run `ragbot doctor` again")
            for problem in problems
        ]
    told = f"{folder}/ is sound" if folder.is_dir() else f"no folder {folder}/, so the defaults hold"
    return [Finding("configuration", "ok", told)]


async def _installation(folder: Path, environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    core, settings = RagSettings.load(folder, environ), BotSettings.load(folder, environ)
    yield _data_folder(core.data_folder)
    for source in settings.documents:
        if source.path.exists():
            yield Finding("documents", "ok", f"{source.path} → {source.collection}")
        else:
            remedy = "put documents there, or change `documents` in config/bot.yaml"
            yield Finding("documents", "note", f"{source.path} does not exist", remedy)
    yield _keys(core)
    try:
        async with await RagPipeline.open(folder, environ=environ) as pipeline:
            health = await pipeline.health_check()
    except (RagError, OSError, RuntimeError, ValueError) as error:
        remedy = f"check RAGBOT_LANCEDB_URI and that {core.lancedb_uri} can be read and written"
        yield Finding("index", "failed", f"cannot be opened: {error}", remedy)
        return
    for finding in (_index(health, core), _store(health)):
        yield finding


def _data_folder(folder: Path) -> Finding:
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return Finding("data folder", "ok", f"{folder}/ can be written")
    remedy = f"give this user the right to write {existing}, or set RAGBOT_DATA"
    return Finding("data folder", "failed", f"{folder}/ cannot be written", remedy)


def _keys(core: RagSettings) -> Finding:
    ready = [name for name, provider in core.providers.items() if provider.configured]
    if core.embedder is not None and not core.embedder.provider.configured:
        name = core.embedder.provider_name
        told = f"embeddings ask for {name}, which has no key: searching by words alone"
        return Finding("keys", "note", told, f"set the key of {name} in .env")
    if not ready:
        return Finding("keys", "note", "no provider has a key: answers are quoted from the documents")
    return Finding("keys", "ok", f"present for {', '.join(ready)}")


def _index(health: Health, core: RagSettings) -> Finding:
    index = health.index
    if index is None:
        return Finding(
            "index", "failed", "cannot be read", f"check {core.lancedb_uri}; `ragbot ingest` makes a new one"
        )
    told = f"{index.documents:,} documents, {index.chunks:,} chunks"
    if not index.documents:
        return Finding("index", "note", "holds no documents yet", "ragbot ingest PATH")
    if index.unindexed > _UNINDEXED_ROWS:
        return Finding("index", "note", f"{told}, {index.unindexed:,} of them not indexed", "ragbot ingest")
    return Finding("index", "ok", told)


def _store(health: Health) -> Finding:
    if health.store_ok:
        return Finding("state database", "ok", f"{health.store_kind} answers")
    told = "; ".join(health.problems) or "does not answer"
    return Finding("state database", "failed", told, "check RAGBOT_STATE_URL and the rights on its file")


def _print(findings: list[Finding]) -> None:
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    codes = {"green": "32", "yellow": "33", "red": "31"}
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        shown = f"\x1b[{codes[colour]}m{mark}\x1b[0m" if colours else mark
        print(f"{shown} {finding.what}: {finding.told}")
        if finding.remedy:
            print(f"    → {finding.remedy}")
