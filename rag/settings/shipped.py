"""The configuration that ragbot is shipped with: what holds wherever a configuration folder says nothing else.

The same files stand in `config/`, for people to edit. Whoever deletes a key there wants the default back, so the
defaults cannot live there; a test keeps the two alike in the repository.
"""

from __future__ import annotations

from pathlib import Path

from rag.settings.loading import read_text

_DEFAULTS = Path(__file__).parent / "defaults"


def shipped_text(name: str) -> str:
    """A shipped file's text, such as that of `llm_providers_config.yaml` or `prompts/answer.md`."""
    return (_DEFAULTS / name).read_text(encoding="utf-8")


def prompt_text(folder: Path, name: str) -> str:
    """The prompt `name` of a configuration folder, such as `answer.md`, or else the shipped one.

    Raises:
        ConfigurationError: It cannot be read, or is not UTF-8.
    """
    return read_text(folder / "prompts" / name) or shipped_text(f"prompts/{name}")
