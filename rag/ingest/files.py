"""Which files there are to ingest, and what they are called."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from rag.errors import IngestError
from rag.ingest.loaders import loader_for
from rag.model import DocumentSource, Skipped

# Folders that tools fill; nobody means them when naming the folder above.
_NOT_DOCUMENTS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


class Found:
    """The files of one source, in order, and what lies there but cannot be a document."""

    def __init__(self, source: DocumentSource) -> None:
        """Look at the disk.

        Raises:
            IngestError: There is no such file or folder.
        """
        if not os.path.exists(source.path):  # noqa: PTH110 - Path.exists raises for a name that is too long
            raise IngestError(f"there is no file or folder {source.path}")
        self.source = source
        self.files: list[Path] = []
        self.skipped: list[Skipped] = []
        self._unlisted: list[Path] = []
        for file in self._walk() if source.path.is_dir() else [source.path]:
            self._sort_in(file)
        self._leave_out_second_names()

    def covers(self, source: str) -> bool:
        """Whether a document with this source would be found here, were it still there."""
        path = Path.cwd() / source
        return path.is_relative_to(_place(self.source.path)) and not any(map(path.is_relative_to, self._unlisted))

    def _walk(self) -> Iterator[Path]:
        """All below the folder in a stable order; links to folders can go in circles, so they are not followed."""
        for folder, folders, names in os.walk(self.source.path, onerror=self._cannot_list):
            linked = [name for name in folders if Path(folder, name).is_symlink()]
            folders[:] = sorted(name for name in folders if name not in _NOT_DOCUMENTS and not _is_hidden(name))
            yield from (Path(folder, name) for name in sorted((*names, *linked)) if not _is_hidden(name))

    def _cannot_list(self, error: OSError) -> None:
        # What was in there before may well be there still: it is not taken for vanished.
        folder = Path(error.filename)
        self._unlisted.append(_place(folder))
        self.skipped.append(Skipped(source_name(folder), f"cannot be listed: {error.strerror}"))

    def _sort_in(self, file: Path) -> None:
        reason = _why_no_document(file)
        if reason is None:
            self.files.append(file)
        else:
            self.skipped.append(Skipped(source_name(file), reason))

    def _leave_out_second_names(self) -> None:
        """A link to a file that is found under its own name as well would make every passage of it a double."""
        real = {_place(file) for file in self.files if not file.is_symlink()}
        doubles = {file for file in self.files if file.is_symlink() and file.resolve() in real}
        self.files = [file for file in self.files if file not in doubles]
        self.skipped += [Skipped(source_name(file), "is a link to another of the files") for file in sorted(doubles)]


def _why_no_document(file: Path) -> str | None:
    if not _is_utf8(file):
        return "has a name that is not UTF-8"
    if file.is_symlink() and file.is_dir():
        return "is a link to a folder"
    if loader_for(file.name) is None:
        return f"no loader for {file.suffix or 'its kind of file'}"
    if os.path.isfile(file):  # noqa: PTH113 - Path.is_file raises where the answer cannot be had
        return None
    return "is a link that leads nowhere" if file.is_symlink() else "is not a regular file"


def source_name(file: Path) -> str:
    """What a file is called in the index: its path below the working folder, elsewhere its whole path.

    A link keeps its own name: what it leads to may lie outside, and change.
    """
    place, here = _place(file), Path.cwd()
    name = (place.relative_to(here) if place.is_relative_to(here) else place).as_posix()
    return name if _is_utf8(file) else os.fsencode(name).decode(errors="replace")


def link_for(file: Path, source: DocumentSource) -> str:
    """Where people read a file: its URL where the source has one, else its name."""
    if source.url is None:
        return source_name(file)
    below = file.relative_to(source.path) if file != source.path else Path(file.name)
    path, stem = quote(below.as_posix()), quote(below.with_suffix("").as_posix())
    if "{path}" in source.url or "{stem}" in source.url:
        return source.url.replace("{path}", path).replace("{stem}", stem)
    return f"{source.url.rstrip('/')}/{path}"


def _place(path: Path) -> Path:
    """Where a file or folder lies, however it was named; a link to a file is not followed."""
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def find(sources: Sequence[DocumentSource]) -> list[Found]:
    """Look at all sources before anything is changed, so that a wrong path changes nothing.

    Raises:
        IngestError: There is no such file or folder.
    """
    return [Found(source) for source in sources]
