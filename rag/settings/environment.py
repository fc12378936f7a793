"""The only place that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from rag.errors import ConfigurationError, ConfigurationProblem

DEFAULT_FOLDER = Path("config")


def read_environment(folder: Path | None = None) -> dict[str, str]:
    """The process environment over the `.env` of `folder` (default: the current one).

    Raises:
        ConfigurationError: `.env` cannot be read.
    """
    path = (folder or Path()) / ".env"
    try:
        from_file = dotenv_values(path)
    except (OSError, UnicodeDecodeError):
        # The cause may carry the file's bytes, keys included.
        problem = ConfigurationProblem(str(path), None, "", "expected UTF-8 text that you are allowed to read")
        raise ConfigurationError([problem]) from None
    return {**{name: value for name, value in from_file.items() if value is not None}, **os.environ}


def config_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the configuration files: `RAGBOT_CONFIG`, or `config`."""
    return Path(environ.get("RAGBOT_CONFIG") or DEFAULT_FOLDER)
