"""Which files there are to ingest, and what they are called."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from rag.errors import IngestError
from rag.ingest.loaders import loader_for
from rag.model import DocumentSource, Skipped

# Folders that tools fill; nobody means them when naming the folder above.
_NOT_DOCUMENTS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


class Found:
    """The files below some paths, in order, and those that no loader reads."""

    def __init__(self, source: DocumentSource) -> None:
        """Look at the disk.

        Raises:
            IngestError: There is no such file or folder.
        """
        self.root = source.path
        if not self.root.exists():
            raise IngestError(f"there is no file or folder {self.root}")
        self.files: list[Path] = []
        self.skipped: list[Skipped] = []
        for file in [self.root] if self.root.is_file() else _walk(self.root):
            if loader_for(file.name) is None:
                self.skipped.append(Skipped(source_name(file), f"no loader for {file.suffix or 'its kind of file'}"))
            else:
                self.files.append(file)

    def covers(self, source: str) -> bool:
        """Whether a document with this source would be found here, were it still there."""
        root = source_name(self.root)
        if root == ".":
            return not PurePath(source).is_absolute()
        return source == root or source.startswith(f"{root}/")


def source_name(file: Path) -> str:
    """What a file is called in the index: its path below the working folder, elsewhere its whole path."""
    resolved = file.resolve()
    here = Path.cwd()
    return (resolved.relative_to(here) if resolved.is_relative_to(here) else resolved).as_posix()


def link_for(file: Path, source: DocumentSource) -> str:
    """Where people read a file: its URL where the source has one, else its name."""
    if source.url is None:
        return source_name(file)
    below = file.relative_to(source.path) if file != source.path else Path(file.name)
    path, stem = below.as_posix(), below.with_suffix("").as_posix()
    if "{path}" in source.url or "{stem}" in source.url:
        return source.url.replace("{path}", path).replace("{stem}", stem)
    return f"{source.url.rstrip('/')}/{path}"


def _walk(root: Path) -> Iterator[Path]:
    """Every file below a folder in a stable order; links to folders are not followed, they can go in circles."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _is_hidden(name) and name not in _NOT_DOCUMENTS)
        yield from (Path(folder, name) for name in sorted(names) if not _is_hidden(name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def find(sources: Sequence[DocumentSource]) -> list[Found]:
    """Look at all sources before anything is changed, so that a wrong path changes nothing.

    Raises:
        IngestError: There is no such file or folder.
    """
    return [Found(source) for source in sources]
