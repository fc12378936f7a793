"""Real chats: `ragbot` in processes of its own, typed at through pipes, with three vendors on the wire."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.locales import Phrases, phrases_in
from bot.messages import Locale
from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.embedding_server import KEY
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.pseudo_terminal import PATIENCE_S, PseudoTerminal
from tests.fakes.vendors import Vendors
from tests.fakes.warm_start import WarmProcess
from tests.scenarios.team import DOCUMENTS

PROGRAM = (sys.executable, "-m", "bot")
RECEIPT = re.compile(r"· ref\.? (?P<reference>[0-9a-f]{12})\n")
"""How an answer ends."""
REFERENCE = re.compile(r"(?:Reference|Referência): (?P<reference>[0-9a-f]{12})\.\n")
"""How a refusal, a failure, or an answer that was stopped ends."""
SECRET = "# Severance\n\nThe board plans a severance for every employee with 30 days of vacation in Lisbon.\n"
"""A document of the collection `board`, which is found by what others ask."""

_LANGUAGES: dict[Locale, str] = {"en": "C.UTF-8", "pt-BR": "pt_BR.UTF-8"}
# Longer than any test: what hangs here is ended by the test.
_CORE = "providers:\n" + "".join(
    f"  {name}: {{timeouts_s: {{connect: 20, first_token: 60, between_tokens: 60, total: 60}}}}\n"
    for name in ("openai", "gemini", "anthropic")
)


class Chat:
    """A `ragbot chat` in a process of its own. Everything that it writes is read here, errors included.

    Attributes:
        phrases: The sentences of the language that it speaks.
    """

    def __init__(self, process: WarmProcess, phrases: Phrases) -> None:
        self._process = process
        self.phrases = phrases
        self._unread = ""

    async def type(self, line: str) -> None:
        """Type a line."""
        self._process.write(f"{line}\n")

    async def read_until(self, *signs: str | re.Pattern[str]) -> str:
        """Everything unread up to the first of these signs that comes, and the sign itself."""
        patterns = [re.compile(re.escape(sign)) if isinstance(sign, str) else sign for sign in signs]
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (end := _end(patterns, self._unread)) is None:
                    assert await self._read_on(), f"it has ended without {signs}; unread: {self._unread!r}"
        except TimeoutError as error:
            raise AssertionError(f"{signs} did not come; unread: {self._unread!r}") from error
        read, self._unread = self._unread[:end], self._unread[end:]
        return read

    async def ask(self, question: str) -> str:
        """Type a question, and read its answer up to its receipt, or what stands there in place of an answer."""
        await self.type(question)
        return await self.read_until(RECEIPT, REFERENCE)

    async def say(self, line: str, key: str, **values: str) -> str:
        """Type a line that is answered with the sentence of this key, and read up to that."""
        await self.type(line)
        return await self.read_until(self.sentence(key, **values))

    async def settle(self) -> None:
        """Wait until what was answered last is known as delivered: no line is looked at before that."""
        await self.say("/stop", "button.nothing_to_stop")

    def sentence(self, key: str, **values: str) -> re.Pattern[str]:
        """The sentence of this key in the chat's language; what it is not filled in with here may be anything."""
        words = re.split(r"\{(\w+)\}", self.phrases.sentences[key])
        names = [re.escape(values[name]) if name in values else ".+?" for name in words[1::2]]
        return re.compile("".join(map("".join, zip_longest(map(re.escape, words[::2]), names, fillvalue=""))))

    async def leave(self) -> str:
        """End the input and read what is left; everything that was typed is answered by then."""
        self._process.end_input()
        rest = await self._rest()
        assert self._process.exit_code == 0, rest
        return rest

    async def kill(self) -> None:
        """End it as a crash does: nothing of it runs any more."""
        self._process.send(signal.SIGKILL)
        await self._rest()

    async def terminate(self) -> int:
        """End it as an operator does; returns its exit code."""
        self._process.send(signal.SIGTERM)
        await self._rest()
        assert self._process.exit_code is not None
        return self._process.exit_code

    async def close(self) -> None:
        """End it, if it still runs."""
        self._process.send(signal.SIGKILL)
        await self._rest()

    async def _rest(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            while await self._read_on():
                pass
            await self._process.wait()
        rest, self._unread = self._unread, ""
        return rest

    async def _read_on(self) -> bool:
        # Not a whole number of characters, perhaps: one of several bytes may come in two pieces.
        piece = await self._process.output.read(65536)
        while piece and piece[-1] >= 0x80 and not _is_whole(piece):
            piece += await self._process.output.read(1)
        self._unread += piece.decode()
        return bool(piece)


@dataclass(frozen=True, slots=True)
class Company(Vendors):
    """A folder with configuration, documents and a state database, and the vendors that its bots ask."""

    folder: Path
    openai: OpenAIServer
    gemini: GeminiServer
    anthropic: AnthropicServer
    stack: AsyncExitStack

    def configure(self, bot: str = "", *, core: str = "") -> None:
        """Write the configuration; `core` are further sections of the file of models."""
        (self.folder / "config/bot.yaml").write_text(f"{bot}\n", encoding="utf-8")
        (self.folder / "config/llm_providers_config.yaml").write_text(f"{_CORE}{core}\n", encoding="utf-8")

    async def chat(self, name: str = "", *, locale: Locale = "en", **variables: str) -> Chat:
        """Start a chat, in the conversation of this name or else in a new one."""
        return await self.start("chat", *_named(name), locale=locale, **variables)

    async def start(self, *words: str, locale: Locale = "en", **variables: str) -> Chat:
        """Start a command of `ragbot`; the company's end ends it."""
        process = await WarmProcess.start(words, self.folder, self.environment(locale, **variables))
        chat = Chat(process, phrases_in(locale))
        self.stack.push_async_callback(chat.close)
        return chat

    def terminal(self, name: str = "") -> PseudoTerminal:
        """A chat at a terminal, to be entered in a `with` and read with `seen`."""
        return PseudoTerminal([*PROGRAM, "chat", *_named(name)], cwd=self.folder, env=self.environment("en"))

    def environment(self, locale: Locale, **variables: str) -> dict[str, str]:
        """What the bot is started with: hardly anything of whoever runs the tests."""
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        return {
            "PATH": os.environ["PATH"],
            "LANG": _LANGUAGES[locale],
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{self.openai.url}/v1",
            "GEMINI_API_KEY": KEY,
            "GEMINI_BASE_URL": self.gemini.url,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": self.anthropic.url,
            **measured,
            **variables,
        }

    def told(self) -> str:
        """What the first vendor was told in its last call: passages, what was said before, the question."""
        return "\n".join(str(turn["content"]) for turn in self.openai.calls[-1].body["input"])

    def rows(self, sql: str, *values: str | int) -> list[tuple[object, ...]]:
        """Read the state database, or change it, behind the bot's back."""
        with closing(sqlite3.connect(self.folder / "data/state.db")) as connection, connection:
            return connection.execute(sql, values).fetchall()


async def seen(terminal: PseudoTerminal, text: str) -> str:
    """Everything that a terminal shows up to this text; the vendors go on answering meanwhile."""
    return await asyncio.to_thread(terminal.read_until, text)


@asynccontextmanager
async def open_company(folder: Path) -> AsyncIterator[Company]:
    """A company whose documents are in the index; the board's own are in a collection of theirs."""
    shutil.copytree(_ingested().name, folder, dirs_exist_ok=True)
    async with AsyncExitStack() as stack:
        openai = await stack.enter_async_context(OpenAIServer())
        gemini = await stack.enter_async_context(GeminiServer())
        anthropic = await stack.enter_async_context(AnthropicServer())
        company = Company(folder, openai, gemini, anthropic, stack)
        company.configure()
        yield company


def _named(conversation: str) -> list[str]:
    return ["--conversation", conversation] if conversation else []


def _end(patterns: Iterable[re.Pattern[str]], text: str) -> int | None:
    """Where the first of these that occurs ends."""
    found = [match for pattern in patterns if (match := pattern.search(text))]
    return min(match.end() for match in found) if found else None


def _is_whole(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


@cache  # it takes a second or two, and a copy takes none
def _ingested() -> TemporaryDirectory[str]:
    """A folder whose documents are in the index."""
    opened = TemporaryDirectory(prefix="ragbot-promises-")
    folder = Path(opened.name)
    for name, text in {
        **{f"docs/{name}": text for name, text in DOCUMENTS.items()},
        "board/severance.md": SECRET,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "config").mkdir()
    for words in (("docs",), ("board", "--collection", "board")):
        subprocess.run(
            [*PROGRAM, "ingest", *words], cwd=folder, env={"PATH": os.environ["PATH"]}, check=True, capture_output=True
        )
    return opened
