"""Connections: used again, never shared, and closed when whoever asked goes away."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import certifi
import pytest

from rag.errors import ProviderDisabled, UnusableAnswer
from rag.providers.http import ApiClient
from rag.providers.request import Request
from tests.fakes.clock import FakeClock
from tests.fakes.raw_server import END, Fault, RawServer, answer, chunk, event, stream_head

_OK = answer(200, {"fine": True})
_STREAM = Request("/chat", {}, streaming=True)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    async with RawServer() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def _client(server: RawServer, clock: FakeClock) -> ApiClient:
    return ApiClient(provider="acme", base_url=server.url, clock=clock)


async def _ask(client: ApiClient) -> object:
    async with client.open(Request("/chat", {"q": 1})) as incoming:
        return incoming.parsed(await incoming.content())


async def test_one_is_used_again_and_never_by_two_at_once(raw: RawServer, clock: FakeClock) -> None:
    raw.scripts.extend([[_OK]] * 7)
    client = _client(raw, clock)
    await _ask(client)
    await _ask(client)
    assert raw.connections == 1
    await asyncio.gather(*(_ask(client) for _ in range(5)))
    assert raw.connections == 5
    await client.aclose()


async def test_those_that_a_rush_left_behind_are_closed_one_day(raw: RawServer, clock: FakeClock) -> None:
    raw.scripts.extend([[_OK]] * 7)
    client = _client(raw, clock)
    await asyncio.gather(*(_ask(client) for _ in range(5)))
    clock.wind(51)
    await _ask(client)  # the one that was used last is used again, and the other four go
    await asyncio.gather(_ask(client))
    assert raw.connections == 5
    raw.scripts.extend([[_OK]] * 2)
    await asyncio.gather(_ask(client), _ask(client))
    assert raw.connections == 6
    await client.aclose()


async def test_cancelling_closes_the_connection_at_once(raw: RawServer, clock: FakeClock) -> None:
    raw.scripts.append([Fault.HANG])
    client = _client(raw, clock)
    asking = asyncio.ensure_future(_ask(client))
    await raw.arrived.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(raw.hung_up.wait(), 5)
    await client.aclose()


async def test_leaving_a_stream_closes_its_connection_at_once(raw: RawServer, clock: FakeClock) -> None:
    raw.scripts.append([stream_head(), event({"n": 1}), Fault.HANG])
    client = _client(raw, clock)
    async with client.open(_STREAM) as incoming:
        assert await incoming.texts() == ['{"n": 1}']
    await asyncio.wait_for(raw.hung_up.wait(), 5)
    await client.aclose()


async def test_a_stream_read_to_its_end_leaves_its_connection_for_the_next(raw: RawServer, clock: FakeClock) -> None:
    raw.scripts.extend([[stream_head(), event({"n": 1}) + event("[DONE]"), END], [_OK]])
    client = _client(raw, clock)
    async with client.open(_STREAM) as incoming:
        assert [await incoming.texts() for _ in range(3)] == [['{"n": 1}'], [], None]
    assert await _ask(client) == {"fine": True}
    assert raw.connections == 1
    await client.aclose()


@pytest.mark.parametrize("behind", [[END], [event({"late": 1}), END]])
async def test_what_stands_behind_the_end_is_not_read_to_anybody(
    raw: RawServer, clock: FakeClock, behind: list[bytes]
) -> None:
    raw.scripts.extend([[stream_head(), event("[DONE]"), *behind], [_OK]])
    client = _client(raw, clock)
    async with client.open(_STREAM) as incoming:
        assert [await incoming.texts() for _ in range(2)] == [[], None]
    assert await _ask(client) == {"fine": True}
    assert raw.connections == 1
    await client.aclose()


async def test_closing_the_client_ends_what_is_under_way_and_keeps_nothing_of_it(
    raw: RawServer, clock: FakeClock
) -> None:
    raw.scripts.extend([[stream_head(), event({"n": 1}), Fault.HANG], [_OK]])
    client = _client(raw, clock)
    async with client.open(_STREAM) as incoming:
        await incoming.texts()
        await client.aclose()
        await asyncio.wait_for(raw.hung_up.wait(), 5)
    assert await _ask(client) == {"fine": True}
    assert raw.connections == 2
    await client.aclose()


async def test_a_server_that_stays_on_the_line_after_its_end_is_not_waited_for(
    raw: RawServer, clock: FakeClock
) -> None:
    raw.scripts.append([stream_head(), event("[DONE]"), Fault.HANG])
    client = _client(raw, clock)
    async with client.open(_STREAM) as incoming:
        assert [await incoming.texts() for _ in range(2)] == [[], None]
    await asyncio.wait_for(raw.hung_up.wait(), 5)
    await client.aclose()


async def test_an_event_without_end_is_given_up(raw: RawServer, clock: FakeClock) -> None:
    raw.scripts.append([stream_head(), *[chunk(b"x" * 2**20)] * 5, END])
    client = _client(raw, clock)

    async def read() -> None:
        async with client.open(_STREAM) as incoming:
            while await incoming.texts() is not None:
                pass

    with pytest.raises(UnusableAnswer, match="an event of more than"):
        await read()
    await client.aclose()


async def test_the_environments_proxy_is_taken(
    raw: RawServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", raw.url)
    raw.scripts.append([_OK])
    client = ApiClient(provider="acme", base_url="http://acme.example/v1", clock=clock)
    assert await _ask(client) == {"fine": True}
    assert raw.received[0].path == "http://acme.example/v1/chat"
    await client.aclose()


async def test_a_proxy_that_is_none_turns_the_provider_off(
    raw: RawServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://secret@proxy.example")
    client = _client(raw, clock)
    with pytest.raises(ProviderDisabled, match="acme cannot be asked") as caught:
        await _ask(client)
    assert "secret" not in str(caught.value)
    await client.aclose()


_CERTIFICATES = """
import asyncio, sys
from pathlib import Path
from rag.clock import SystemClock
from rag.errors import ProviderError
from rag.providers.http import ApiClient
from rag.providers.request import Request

async def ask(url):
    client = ApiClient(provider="acme", base_url=url, clock=SystemClock())
    try:
        async with client.open(Request("/chat", {})):
            pass
    except ProviderError as error:
        return type(error).__name__
    finally:
        await client.aclose()

async def main(scheme, certificates):
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(ask(f"{scheme}://127.0.0.1:1")) for _ in range(3)]
        if certificates:
            # Nobody reads on before all is written: whoever reads on the loop's own thread waits for ever.
            await asyncio.sleep(0)
            await asyncio.to_thread(Path(sys.argv[2]).write_bytes, Path(certificates).read_bytes())
    print(*(task.result() for task in asked))

asyncio.run(main(sys.argv[1], sys.argv[3]))
"""


def _asked_thrice(scheme: str, file: Path, certificates: str = "") -> list[str]:
    """What came of asking nobody, in a process whose certificates are in `file`."""
    direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environ = {**direct, "SSL_CERT_FILE": str(file)}
    command = [sys.executable, "-c", _CERTIFICATES, scheme, str(file), certificates]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True, timeout=20).stdout.split()


def test_certificates_are_read_once_for_all_and_beside_the_loop(tmp_path: Path) -> None:
    pipe = tmp_path / "certificates.pem"  # can be read once, and only while somebody else writes
    os.mkfifo(pipe)
    assert _asked_thrice("https", pipe, certifi.where()) == ["ProviderUnavailable"] * 3


def test_without_encryption_no_certificate_is_read(tmp_path: Path) -> None:
    assert _asked_thrice("http", tmp_path / "missing.pem") == ["ProviderUnavailable"] * 3
    assert _asked_thrice("https", tmp_path / "missing.pem") == ["ProviderDisabled"] * 3
