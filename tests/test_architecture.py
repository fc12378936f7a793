"""docs/architecture.md is true: its rooms exist and are all there are, its registries are where it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
NOT_ROOMS = {"__init__.py", "__main__.py", "__pycache__"}


def rooms_of(package: str) -> set[str]:
    return {
        f"{package}/{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in (ROOT / package).iterdir()
        if entry.name not in NOT_ROOMS
    }


def test_the_page_names_every_room_and_no_other() -> None:
    told = set(re.findall(r"^\| `((?:bot|rag)/[^`]+)` \|", PAGE, re.MULTILINE))
    assert told == rooms_of("bot") | rooms_of("rag")


def test_every_file_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`((?:bot|rag|tests|config|docs)/[\w./-]+)`", PAGE))
    assert {path for path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("registry", ["LOADERS", "EMBEDDERS", "DATABASES", "PLATFORMS", "COMMANDS", "LOCALES"])
def test_every_registry_that_the_page_names_is_an_explicit_one(registry: str) -> None:
    assert registry in PAGE
    definitions = [
        path
        for package in ("bot", "rag")
        for path in (ROOT / package).rglob("*.py")
        if re.search(rf"^{registry}(?:: [^=]+)? = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(definitions) == 1


def modules_after(program: str) -> set[str]:
    code = f"import sys\n{program}\nprint(*sys.modules)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(child.stdout.split())


def test_help_needs_none_of_the_libraries() -> None:
    loaded = modules_after(
        "import contextlib, io\nfrom bot.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n    main(['--help'])"
    )
    assert "bot.cli.parser" in loaded
    assert loaded.isdisjoint({"lancedb", "pydantic", "yaml", "rich", "prompt_toolkit", "httpx", "tenacity"})


def test_the_core_loads_neither_terminal_nor_http_libraries() -> None:
    loaded = modules_after("import rag.bootstrap")
    assert "rag.pipeline" in loaded
    assert loaded.isdisjoint({"lancedb", "rich", "prompt_toolkit", "httpx", "tenacity", "markdown_it", "selectolax"})
