"""What every test stands on: no real network, and no test that depends on how busy the machine is."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.fakes.postgres import PostgresServer, running_postgres

# Every run draws others; twice as many would take a minute more.
settings.register_profile("ragbot", deadline=None, max_examples=50)
settings.load_profile("ragbot")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background, where shells have SIGINT ignored; the programs under test would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: object) -> None:
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        host = str(address[0])  # type: ignore[index]  # an internet address is a tuple
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise AssertionError(f"a test reached out to {host}; only loopback is allowed")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> None:
    socket.socket.connect = _loopback_only  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A real PostgreSQL."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coverage leaves out the processes that a test starts.

    One that is killed tells it nothing, and one that is timed is not itself while it is traced.
    """
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)
