"""The methods of the Web API, by their names: one table, no second list."""

from __future__ import annotations

from tests.fakes.slack.methods import chat, files, people, reading, streams, threads, views
from tests.fakes.slack.methods.request import Method, Request

METHODS: dict[str, Method] = {
    **people.METHODS, **chat.METHODS, **streams.METHODS, **threads.METHODS,
    **reading.METHODS, **views.METHODS, **files.METHODS,
}  # fmt: skip
STREAMING = frozenset(streams.METHODS)

__all__ = ["METHODS", "STREAMING", "Method", "Request"]
