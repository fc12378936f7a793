"""Whole conversations through the console: text in at one end, what a person reads out at the other."""

from __future__ import annotations

import asyncio
import fcntl
import io
import itertools
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from bot.messages import Locale
from bot.platforms import PLATFORMS, PlatformSetup
from bot.platforms.console.platform import ConsolePlatform, answer_once
from bot.ports import Pipeline
from rag.clock import SystemClock
from rag.errors import StateUnavailable
from rag.model import Turn
from tests.fakes.scripted_pipeline import BUDGET, DEMONSTRATION, REFUSAL, ScriptedPipeline, one_too_many, says
from tests.fakes.talk import open_talk

PATIENCE_S = 20
ROOT = Path(__file__).parents[2]


class Chat(Protocol):
    async def __call__(
        self, pipeline: Pipeline, *lines: str, locale: Locale = "en", conversation: str = "", people: Sequence[str] = ()
    ) -> str: ...


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    """What is written to a pipe after these lines came through another; each call is a process of its own."""
    processes = itertools.count(1)

    async def chat(
        pipeline: Pipeline, *lines: str, locale: Locale = "en", conversation: str = "", people: Sequence[str] = ()
    ) -> str:
        page = io.StringIO()
        platform = ConsolePlatform(
            locale=locale,
            stdin=io.StringIO("\n".join(lines)),
            stdout=page,
            welcome="Welcome.",
            conversation=conversation,
        )
        async with open_talk(
            tmp_path, pipeline, clock=SystemClock(), people={"*": people}, prefix=f"chat{next(processes)}-"
        ) as talk:
            await platform.run(talk.conversation)
        return page.getvalue()

    return chat


async def test_a_question_through_a_pipe_is_answered_with_notice_sources_and_receipt(chat: Chat) -> None:
    assert await chat(ScriptedPipeline(DEMONSTRATION), "parking?") == (
        "Set `daily_budget` under `routing.cost_limits` [1].\n"
        "\n"
        "Quoted from the documents; no model wrote this.\n"
        "\n"
        "Sources:\n"
        "[1] Budgets › Daily budget — docs/budget.md#daily-budget\n"
        "\n"
        "no model · extractive (no model configured) · $0.00 · 1.5 s · ref chat1-1\n"
    )


async def test_an_answer_that_begins_again_is_told_in_the_pipe_and_remembered_without_its_first_beginning(
    chat: Chat,
) -> None:
    pipeline = ScriptedPipeline(DEMONSTRATION)

    output = await chat(pipeline, "restart", "and before?")

    before, told, after = output.partition("openai/gpt broke off; ")
    assert told
    assert before.splitlines()[-2:] == ["Wrong thr", ""]
    assert after.startswith("what it wrote is void. Starting again.\n\nRight.\n\nEnd.\n")
    assert pipeline.asked[-1].history == (Turn("user", "restart"), Turn("assistant", "Right.\n\nEnd."))


async def test_each_line_is_a_question_and_empty_ones_are_none(chat: Chat) -> None:
    pipeline = ScriptedPipeline()

    output = await chat(pipeline, "one?", "", "   ", "two?")

    assert [asked.question for asked in pipeline.asked] == ["one?", "two?"]
    assert output.count(REFUSAL) == 2
    assert output.split("\n\n").count(REFUSAL) == 2, "answers stand apart"


async def test_a_follow_up_knows_what_was_asked_before_and_commands_are_no_part_of_the_talk(chat: Chat) -> None:
    output = await chat(ScriptedPipeline(DEMONSTRATION), "parking?", "/status", "/souces", "and before?")

    assert "Before that you asked: parking?" in output


async def test_a_long_talk_is_remembered_up_to_its_last_ten_exchanges(chat: Chat) -> None:
    pipeline = ScriptedPipeline()

    await chat(pipeline, *(f"question {n}?" for n in range(15)))

    remembered = [turn.text for turn in pipeline.asked[-1].history if turn.role == "user"]
    assert remembered == [f"question {n}?" for n in range(4, 14)]


async def test_nothing_is_answered_after_quit(chat: Chat) -> None:
    pipeline = ScriptedPipeline()

    assert await chat(pipeline, "/quit", "parking?") == "Bye.\n"
    assert pipeline.asked == []


async def test_quit_with_words_after_it_is_a_mistake_and_not_an_end(chat: Chat) -> None:
    output = await chat(ScriptedPipeline(), "/quit now", "anything?")

    assert "I did not understand what comes after `/quit`" in output
    assert REFUSAL in output


async def test_a_failed_answer_is_told_and_the_chat_goes_on(chat: Chat) -> None:
    pipeline = ScriptedPipeline({"broken?": says(StateUnavailable("secret"))})

    output = await chat(pipeline, "broken?", "other?", locale="pt-BR")

    assert "Meu banco de dados não está respondendo. Tente de novo em um minuto. Referência: " in output
    assert "secret" not in output
    assert REFUSAL in output
    assert pipeline.asked[-1].history == ()


async def test_the_bot_speaks_the_reader_s_language_around_an_answer_in_another(chat: Chat) -> None:
    output = await chat(ScriptedPipeline(DEMONSTRATION), "parking?", locale="pt-BR")

    assert BUDGET in output
    assert "Citado dos documentos; nenhum modelo escreveu isto." in output
    assert "Fontes:\n" in output
    assert "US$ 0,00 · 1,5 s" in output


async def test_the_buttons_are_commands_about_the_last_answer(chat: Chat) -> None:
    pipeline = ScriptedPipeline(DEMONSTRATION)

    output = await chat(pipeline, "parking?", "/why", "/good", "/bad", "/bad it is old", "/retry", "/quotes", "/stop")

    answer = await chat(ScriptedPipeline(DEMONSTRATION), "parking?")
    sources = answer.split("\n\n")[2]
    assert output == "\n".join(
        (
            answer.replace("chat2-1", "chat1-1"),
            (
                "The answer is extractive: no model configured.\n\n**Passages that I read**\n"
                "- [1] `Budgets › Daily budget`: score 0.900, words 12.30 – **cited**\n"
            ),
            "Thank you! 👍\n",
            "Sorry about that. What was wrong? For example: `/bad the figure is from last year`\n",
            "Thank you, that helps. I noted what was wrong.\n",
            "Once more: “parking?”\n\n" + answer.replace("chat2-1", "chat1-2"),
            (
                f"What I quoted to answer “parking?”:\n\n{sources}\n"
                "    “Set `daily_budget` under `routing.cost_limits`.”\n"
            ),
            "Nothing is being answered here at the moment.\n",
        )
    )
    assert [asked.again for asked in pipeline.asked] == [False, True]


async def test_a_button_without_an_answer_says_that_there_is_none(chat: Chat) -> None:
    assert await chat(ScriptedPipeline(), "/why", locale="pt-BR") == (
        "Não encontro aqui nenhuma resposta de que isso pudesse tratar.\n"
    )


async def test_a_question_is_changed_by_a_command_and_its_answer_is_given_below(chat: Chat) -> None:
    pipeline = ScriptedPipeline(DEMONSTRATION)

    output = await chat(pipeline, "one?", "two?", "/edit parking?", "/edit parking?", "and before?")

    changed = output.index("The question was changed: “parking?”\n\nSet `daily_budget`")
    same = output.index("\n\nThe answer stays: the question is the same, was asked too long ago to be changed, or ")
    assert changed < same < output.index("Before that you asked: parking?")
    heard = [turn.text for turn in pipeline.asked[-1].history if turn.role == "user"]
    assert heard == ["one?", "parking?"]


async def test_a_question_is_taken_back_by_a_command_and_forgotten(chat: Chat) -> None:
    pipeline = ScriptedPipeline()

    output = await chat(pipeline, "one?", "two?", "/delete", "/delete", "/edit three?", "four?")

    assert output.count("The question was deleted, so its answer is taken back.\n") == 1
    assert output.count("I find no question of yours here to change or to take back.\n") == 2
    assert [turn.text for turn in pipeline.asked[-1].history if turn.role == "user"] == ["one?"]


async def test_who_is_kept_quiet_says_how_to_be_called_and_answers_by_name(chat: Chat) -> None:
    pipeline = ScriptedPipeline(DEMONSTRATION)

    output = await chat(pipeline, "one?", "mute", "two?", "/edit 1?", "@RagBot: three?", "/mute", "/unmute", "four?")

    quiet = "(I keep quiet here. Write `@ragbot` before a question to ask me by name, or `/unmute` to bring me back.)"
    assert output.count(quiet) == 1
    assert [asked.question for asked in pipeline.asked] == ["one?", "1?", "three?", "four?"]
    assert "The question was changed: “1?”" in output, "what was not taken cannot be changed, and what was can be"


async def test_people_are_called_and_the_bot_keeps_quiet(chat: Chat) -> None:
    pipeline = ScriptedPipeline(DEMONSTRATION)

    output = await chat(pipeline, "parking?", "/handover", "and then?", people=("ana", "bruno"))

    assert (
        "\n\n@ana @bruno\n\nThis question is yours now; I keep quiet here until somebody asks me by name.\n" in output
    )
    assert f"\n\n> parking?\n\nWhat I had answered:\n\n{BUDGET}\n\nSources:\n[1] Budgets" in output
    assert len(pipeline.asked) == 1


async def test_the_bot_s_name_alone_asks_for_help_and_leaves_by_name_too(chat: Chat) -> None:
    pipeline = ScriptedPipeline()

    output = await chat(pipeline, "@ragbot", "@bot, /quit", "one?")

    assert output.startswith("Ask me a question in your own words")
    assert output.endswith("\n\nBye.\n")
    assert pipeline.asked == []


async def test_a_conversation_with_a_name_is_gone_on_with(chat: Chat) -> None:
    for name in ("holidays", ""):
        await chat(ScriptedPipeline(), "one?", conversation=name)

    output = await chat(ScriptedPipeline(DEMONSTRATION), "and before?", "/retry", conversation="holidays")

    assert output.count("Before that you asked: one?") == 2


async def test_who_is_refused_can_try_again(chat: Chat) -> None:
    pipeline = ScriptedPipeline(DEMONSTRATION, refusal=one_too_many())

    output = await chat(pipeline, "parking?", "/why", "/retry", locale="pt-BR")

    refused, why, again = output.split("\n\n")
    assert refused.endswith("Pergunte de novo em 30 s, por favor. Referência: chat1-1.")
    assert why == "Não há o que explicar: isso não foi respondido com os documentos."
    assert again.endswith("Pergunte de novo em 30 s, por favor. Referência: chat1-1.\n")


class Page(io.StringIO):
    """What a chat writes; `has_answer` is set once the beginning of an answer that hangs stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.has_answer = asyncio.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if "The beginning of" in self.getvalue():
            self.has_answer.set()
        return written


@asynccontextmanager
async def hanging(folder: Path, *lines: str, conversation: str = "", prefix: str = "hanging-") -> AsyncIterator[Page]:
    """While the last of the questions in another chat is being answered; then that chat dies."""
    page = Page()
    platform = ConsolePlatform(locale="en", stdin=io.StringIO("\n".join(lines)), stdout=page, conversation=conversation)
    async with open_talk(folder, ScriptedPipeline(DEMONSTRATION), clock=SystemClock(), prefix=prefix) as talk:
        running = asyncio.create_task(platform.run(talk.conversation))
        await page.has_answer.wait()
        yield page
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_what_a_chat_that_died_left_unfinished_is_answered_by_the_next_which_goes_on_there(
    chat: Chat, tmp_path: Path
) -> None:
    async with hanging(tmp_path, "parking?", "hang"):
        pass
    pipeline = ScriptedPipeline({**DEMONSTRATION, "hang": says("Whole.")})

    output = await chat(pipeline, "and before?", "/delete")

    finished, asked = output.split("\n\nBefore that you asked: hang\n\n")
    assert finished.startswith("I was interrupted while I answered “hang”. Here is the answer:\n\nWhole.\n\n")
    assert asked.endswith("\n\nThe question was deleted, so its answer is taken back.\n")
    assert [turn.text for turn in pipeline.asked[0].history] == ["parking?", BUDGET]


async def test_all_that_was_left_unfinished_stands_apart_and_a_chat_with_a_name_goes_on_with_its_own(
    chat: Chat, tmp_path: Path
) -> None:
    async with hanging(tmp_path, "hang", prefix="one-"), hanging(tmp_path, "hang", prefix="two-"):
        pass

    output = await chat(ScriptedPipeline(DEMONSTRATION | {"hang": says("Whole.")}), "and before?", conversation="mine")

    assert output.count("I was interrupted while I answered “hang”. Here is the answer:\n\nWhole.\n\n") == 2
    assert output.count("\n\nI was interrupted") == 1
    assert "\n\nYou asked nothing before.\n" in output


async def test_an_answer_that_another_chat_writes_is_stopped_and_the_person_is_told(chat: Chat, tmp_path: Path) -> None:
    async with hanging(tmp_path, "hang", conversation="mine"):
        output = await chat(ScriptedPipeline(), "/stop", "parar", conversation="mine", locale="pt-BR")

    assert output == "(A resposta está sendo interrompida.)\n\n(A resposta está sendo interrompida.)\n"


async def test_one_question_is_answered_without_a_chat(chat: Chat, tmp_path: Path) -> None:
    page = io.StringIO()

    async with open_talk(tmp_path, ScriptedPipeline(DEMONSTRATION), prefix="once-") as talk:
        card = await answer_once(talk.conversation, "parking?", locale="en", stdout=page)

    assert card.text == BUDGET
    in_a_chat = await chat(ScriptedPipeline(DEMONSTRATION), "parking?")
    assert page.getvalue() == in_a_chat.replace("chat1-1", "once-1")


async def test_a_reader_who_closes_the_pipe_ends_the_chat_without_an_error_and_is_not_answered_by_the_next(
    chat: Chat, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stdout = io.TextIOWrapper(io.FileIO(writing, "w"), write_through=True)
    stdin = io.StringIO("one?\ntwo?")

    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        await ConsolePlatform(locale="en", stdin=stdin, stdout=stdout).run(talk.conversation)

    assert stdin.read() == "two?"
    stdout.detach().close()
    assert await chat(ScriptedPipeline(), "/quit") == "Bye.\n"


def test_the_registry_builds_a_console_that_keeps_its_history_in_the_data_folder(tmp_path: Path) -> None:
    platform = PLATFORMS["console"](PlatformSetup(locale="en", data_folder=tmp_path))

    assert platform.name == "console"


def test_a_chat_through_pipes_imports_neither_rich_nor_prompt_toolkit() -> None:
    program = (
        "import asyncio, runpy, sys; sys.argv = ['chat', 'en'];"
        "runpy.run_module('tests.fakes.scripted_pipeline', run_name='__main__');"
        "print(sorted({'rich', 'prompt_toolkit'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], input="parking?\n", capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stdout.startswith("Set `daily_budget`")


class Terminal:
    """A chat in a process of its own, behind a real pseudo-terminal of 80 columns and 24 lines."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        # A session's leader that opens a terminal by its name owns it: Ctrl-C reaches it as a signal, as for people.
        own_terminal = ["sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(theirs)]
        self.process = subprocess.Popen(
            [*own_terminal, sys.executable, "-m", "tests.fakes.scripted_pipeline", *arguments],
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "NO_COLOR": "", **environment},
        )
        self._theirs = theirs  # held open to the end: a terminal that nobody holds is gone
        self.raw = ""
        self._unread = ""

    def read_until(self, text: str) -> str:
        """Everything seen up to this text, which must come."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self._unread:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} did not come; on the screen: {self._unread!r}"
            if select.select([self._ours], [], [], left)[0]:
                self._receive()
        before, _, self._unread = self._unread.partition(text)
        return before

    def _receive(self) -> None:
        received = os.read(self._ours, 65536).decode(errors="replace")
        self.raw += received
        self._unread = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\", "", self._unread + received)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def enter(self, line: str) -> None:
        """Type a line at the prompt, and wait until it is there."""
        self.read_until("›")
        self.press(line)
        self.read_until(line)
        self.press("\r")

    def exit_code(self) -> int:
        """Wait for the end, reading on, since a process cannot end while its output is stuck."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            if select.select([self._ours], [], [], 0.05)[0]:
                self._receive()
        return self.process.returncode

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture(params=["en", "pt-BR"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(request.param, str(tmp_path / "history"))
    yield opened
    opened.close()


@pytest.fixture
def english(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal("en", str(tmp_path / "history"))
    yield opened
    opened.close()


def test_a_chat_at_a_terminal_from_welcome_to_quit(terminal: Terminal) -> None:
    terminal.enter("parking?")
    terminal.read_until("Set daily_budget under routing.cost_limits [1].")
    terminal.read_until("docs/budget.md#daily-budget")
    terminal.read_until("ab12cd34")
    terminal.enter("and before?")
    terminal.read_until("Before that you asked: parking?")
    terminal.read_until("ab12cd34")
    terminal.enter("/quit")

    assert terminal.exit_code() == 0


def test_ctrl_c_stops_the_answer_and_not_the_program(terminal: Terminal) -> None:
    terminal.enter("hang")
    terminal.read_until("The beginning of a long answer")
    terminal.press("\x03")
    before = terminal.read_until(".")
    assert "Stopped" in before or "Interrompida" in before

    terminal.enter("and before?")
    terminal.read_until("Before that you asked: hang")
    terminal.read_until("ab12cd34")
    terminal.read_until("›")
    terminal.press("\x04")

    assert terminal.exit_code() == 0


def test_ctrl_c_stops_what_an_earlier_chat_left_unfinished_and_the_chat_goes_on_there(tmp_path: Path) -> None:
    files = str(tmp_path / "history"), str(tmp_path)
    first = Terminal("en", *files)
    try:
        first.enter("hang")
        first.read_until("The beginning of a long answer")
    finally:
        first.close()
    second = Terminal("en", *files)
    try:
        second.read_until("I was interrupted while I answered “hang”. Here is the answer:")
        second.read_until("The beginning of a long answer")
        second.press("\x03")
        second.read_until("Stopped. The answer is not complete.")
        second.enter("and before?")
        second.read_until("Before that you asked: hang")
    finally:
        second.close()


def test_the_screen_starts_with_two_lines_of_welcome_in_the_reader_s_language(tmp_path: Path) -> None:
    for locale, welcome in [("en", "I know 12 documents"), ("pt-BR", "Conheço 12 documentos")]:
        terminal = Terminal(locale, str(tmp_path / "history"))
        try:
            terminal.read_until(welcome)
            assert "/help" in terminal.read_until("›")
        finally:
            terminal.close()


def test_ctrl_c_at_the_prompt_clears_the_line_and_twice_in_a_row_leaves(english: Terminal) -> None:
    english.read_until("›")
    english.press("a question I did not want")
    english.read_until("a question I did not want")
    english.press("\x03")
    english.read_until("Ctrl-C once more, or Ctrl-D, leaves the chat.")
    english.enter("parking?")
    english.read_until("ab12cd34")
    english.read_until("›")
    english.press("\x03")
    english.read_until("Ctrl-C once more")
    english.read_until("›")
    english.press("\x03")

    assert english.exit_code() == 0


def test_an_answer_that_begins_again_is_drawn_anew_at_a_terminal(english: Terminal) -> None:
    english.enter("restart")
    english.read_until("what it wrote is void. Starting again.\r\n")
    shown = english.read_until("ab12cd34")

    assert "Wrong" not in shown
    assert shown.index("Right.") < shown.index("End.")


def test_an_empty_line_asks_nothing(english: Terminal) -> None:
    english.read_until("›")
    english.press("\r")
    english.enter("and before?")

    english.read_until("You asked nothing before.")


def test_an_answer_longer_than_the_screen_is_not_cut(english: Terminal) -> None:
    english.enter("long")

    shown = english.read_until("ab12cd34")

    assert all(f"Line {n} of a long list." in shown for n in range(1, 200))


def test_lines_typed_in_one_chat_are_found_again_in_the_next(tmp_path: Path) -> None:
    history = tmp_path / "history"
    first = Terminal("en", str(history))
    try:
        first.enter("parking?")
        first.read_until("ab12cd34")
        first.enter("/quit")
        first.exit_code()
    finally:
        first.close()
    assert history.stat().st_mode & 0o077 == 0, "others on this machine can read what was asked"
    second = Terminal("en", str(history))
    try:
        second.read_until("›")
        second.press("\x1b[A\x1b[A\r")
        second.read_until("Set daily_budget")
    finally:
        second.close()


def test_keys_pressed_during_an_answer_do_not_appear_in_it(english: Terminal) -> None:
    english.enter("hang")
    english.read_until("The beginning of a long answer")
    english.press("typed ahead")
    english.press("\x03")

    assert "typed" not in english.read_until("Stopped.")


def test_a_dumb_terminal_gets_answers_without_escape_sequences() -> None:
    terminal = Terminal("en", TERM="dumb")
    try:
        terminal.read_until("›")
        terminal.press("parking?\r")
        terminal.read_until("Set `daily_budget` under")
        terminal.read_until("ab12cd34")
    finally:
        terminal.close()

    # Up to its last line: the next prompt, which moves the cursor, may be there already.
    answer = terminal.raw.partition("Set `daily_budget`")[2].partition("ab12cd34")[0]
    assert "no model" in answer
    assert "\x1b[" not in answer


def test_no_color_leaves_an_answer_without_colours() -> None:
    terminal = Terminal("en", NO_COLOR="1")
    try:
        terminal.enter("parking?")
        terminal.read_until("ab12cd34")
    finally:
        terminal.close()

    assert not re.search(r"\x1b\[(?:\d+;)*(?:3[0-8]|9[0-7])(?:;\d+)*m", terminal.raw)


def test_a_signal_while_a_pipe_has_nothing_to_say_ends_the_program_at_once() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.scripted_pipeline", "en"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(b"parking?\n")
        process.stdin.flush()
        while b"ab12cd34" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)

        assert process.wait(PATIENCE_S) in {130, -signal.SIGINT}
