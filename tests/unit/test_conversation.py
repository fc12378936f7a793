from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

import pytest

from bot.access import Access
from bot.conversation import Conversation
from bot.messages import Card, IncomingMessage, Locale
from rag.errors import StateUnavailable
from rag.model import NO_PIN, Asker, Pin, Restart, Scope, Status, Turn
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_pipeline import REFUSAL, Forever, ScriptedPipeline, one_too_many, says


class PageReply:
    """A platform's reply that keeps everything it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.card: Card | None = None
        self.appended = asyncio.Event()

    async def status(self, text: str) -> None:
        self.said.append(f"({text})")

    async def append(self, markdown: str) -> None:
        self.said.append(markdown)
        self.appended.set()

    async def restart(self, notice: str) -> None:
        self.said.append(f"[{notice}]")

    async def finish(self, card: Card) -> None:
        assert self.card is None
        self.card = card


def message(text: str, *, event_id: str = "1", place: str = "C1", locale: Locale = "en") -> IncomingMessage:
    return IncomingMessage(
        platform="slack",
        event_id=event_id,
        place=place,
        author="U1",
        text=text,
        locale=locale,
        history=(Turn("user", "before"),),
        workspace="T1",
        roles=frozenset({"admin"}),
    )


def conversation(
    pipeline: ScriptedPipeline, *, access: Access | None = None, clock: FakeClock | None = None
) -> Conversation:
    return Conversation(
        pipeline, access=access or Access(), clock=clock or FakeClock(), new_reference=lambda: "ab12cd34"
    )


async def test_a_question_goes_on_with_its_history_in_the_scope_of_its_place() -> None:
    pipeline, reply = ScriptedPipeline(), PageReply()
    access = Access({"C1": ("handbook",)})

    await conversation(pipeline, access=access).handle(message("What?"), reply)

    (asked,) = pipeline.asked
    assert (asked.question, asked.history, asked.scope) == ("What?", (Turn("user", "before"),), Scope.of("handbook"))
    assert asked.pin == NO_PIN
    assert reply.said == ["(Searching the documents…)", REFUSAL]
    assert reply.card is not None
    assert reply.card.text == REFUSAL


async def test_a_question_from_a_place_with_a_pin_is_asked_with_it() -> None:
    pipeline = ScriptedPipeline()
    access = Access(pins={"C1": Pin(model="openai/gpt"), "*": Pin(policy="cheapest")})

    await conversation(pipeline, access=access).handle(message("What?", event_id="1"), PageReply())
    await conversation(pipeline, access=access).handle(message("What?", event_id="2", place="C2"), PageReply())

    assert [asked.pin for asked in pipeline.asked] == [Pin(model="openai/gpt"), Pin(policy="cheapest")]


async def test_a_question_is_counted_and_asked_for_the_person_and_the_place_it_came_from() -> None:
    pipeline = ScriptedPipeline()

    await conversation(pipeline).handle(message("What?"), PageReply())

    whose = Asker(user="U1", channel="C1", workspace="T1", roles=frozenset({"admin"}))
    assert pipeline.admitted == [whose]
    assert [asked.asker for asked in pipeline.asked] == [whose]


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "You may ask me 10 questions a minute, and you have. Please ask again in 30 s."),
        ("pt-BR", "Você pode me fazer 10 perguntas por minuto e já fez. Pergunte de novo em 30 s, por favor."),
    ],
)
async def test_a_question_too_many_is_answered_with_one_private_sentence_and_nothing_is_asked(
    locale: Locale, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline, reply = ScriptedPipeline(refusal=one_too_many()), PageReply()

    with caplog.at_level(logging.INFO, logger="bot"):
        await conversation(pipeline).handle(message("What?", locale=locale), reply)

    assert reply.card == Card(told, private=True)
    assert reply.said == []
    assert pipeline.asked == []
    assert [record.levelname for record in caplog.records] == ["INFO"], "a refusal is no failure"


async def test_who_was_refused_is_answered_once_there_is_room_again() -> None:
    pipeline, reply = ScriptedPipeline(refusal=one_too_many()), PageReply()
    talk = conversation(pipeline)

    await talk.handle(message("What?", event_id="1"), PageReply())
    pipeline.refusal = None
    await talk.handle(message("What?", event_id="2"), reply)

    assert reply.card is not None
    assert (reply.card.text, reply.card.private) == (REFUSAL, False)


@pytest.mark.parametrize("command", ["/help", "/status", "/xyzzy", "/status now"])
async def test_a_command_is_not_counted_and_works_for_who_may_ask_nothing_more(command: str) -> None:
    pipeline, reply = ScriptedPipeline(refusal=one_too_many()), PageReply()

    await conversation(pipeline).handle(message(command), reply)

    assert reply.card is not None
    assert not reply.card.private
    assert "ask again" not in reply.card.text
    assert pipeline.admitted == []


async def test_an_event_delivered_twice_is_counted_once() -> None:
    pipeline = ScriptedPipeline()
    talk = conversation(pipeline)

    await talk.handle(message("What?"), PageReply())
    await talk.handle(message("What?"), PageReply())

    assert len(pipeline.admitted) == 1


async def test_an_answer_that_begins_again_is_told_and_forgets_its_first_beginning() -> None:
    script = says("A wrong", " beginning", Restart("openai", "gpt"), "The right", StateUnavailable())
    reply = PageReply()

    await conversation(ScriptedPipeline({"What?": script})).handle(message("What?"), reply)

    assert reply.said[2:] == [
        "A wrong",
        " beginning",
        "[openai/gpt broke off; what it wrote is void. Starting again.]",
        "The right",
    ]
    assert reply.card is not None
    assert reply.card.text == "The right"


async def test_an_event_delivered_twice_is_answered_once() -> None:
    pipeline, again = ScriptedPipeline(), PageReply()
    talk = conversation(pipeline)

    await talk.handle(message("What?"), PageReply())
    await talk.handle(message("What?"), again)

    assert len(pipeline.asked) == 1
    assert (again.said, again.card) == ([], None)


async def test_another_event_with_the_same_words_is_answered_again() -> None:
    pipeline = ScriptedPipeline()
    talk = conversation(pipeline)

    await talk.handle(message("What?", event_id="1"), PageReply())
    await talk.handle(message("What?", event_id="2"), PageReply())

    assert len(pipeline.asked) == 2


async def test_an_event_is_forgotten_after_an_hour() -> None:
    pipeline, clock = ScriptedPipeline(), FakeClock()
    talk = conversation(pipeline, clock=clock)

    await talk.handle(message("What?"), PageReply())
    await clock.sleep(3601)
    await talk.handle(message("What?"), PageReply())

    assert len(pipeline.asked) == 2


async def test_a_command_is_run_in_the_scope_of_its_place_and_asks_the_documents_nothing() -> None:
    pipeline, reply = ScriptedPipeline(), PageReply()
    access = Access({"C1": ("team_docs",)})

    await conversation(pipeline, access=access).handle(message("/sources", locale="pt-BR"), reply)

    assert reply.card == Card("- `team_docs`: 11 documentos, 1.300 trechos")
    assert pipeline.asked == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/souces", "I do not know the command `/souces`. Did you mean `/sources`?"),
        ("/xyzzy", "I do not know the command `/xyzzy`. `/help` lists those I know."),
        ("/quit", "I do not know the command `/quit`. `/help` lists those I know."),
        ("/status now", "I did not understand what comes after `/status`. Try, for example: `/status`"),
        ("/help nonsense", "I did not understand what comes after `/help`. Try, for example: `/help sources`"),
    ],
)
async def test_a_command_that_cannot_be_run_is_answered_with_what_can(text: str, told: str) -> None:
    reply = PageReply()

    await conversation(ScriptedPipeline()).handle(message(text), reply)

    assert reply.card == Card(told)


@pytest.mark.parametrize("error", [StateUnavailable("secret"), ZeroDivisionError("secret")])
async def test_a_failure_is_logged_and_told_with_one_reference(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline, reply = ScriptedPipeline({"What?": says("Half an ", "answer", error)}), PageReply()

    with caplog.at_level(logging.ERROR):
        await conversation(pipeline).handle(message("What?"), reply)

    assert reply.card is not None
    assert reply.card.text == "Half an answer"
    assert "ab12cd34" in reply.card.notice
    assert "secret" not in reply.card.notice
    (record,) = caplog.records
    assert record.getMessage() == "message failed reference=ab12cd34 platform=slack place=C1"
    assert record.exc_info is not None
    assert record.exc_info[1] is error


async def test_a_stream_that_ends_without_an_answer_becomes_an_apology() -> None:
    class Speechless(ScriptedPipeline):
        async def stream(self, *_: object, **__: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
            yield Status("searching")

    reply = PageReply()

    await conversation(Speechless()).handle(message("What?"), reply)

    assert reply.card == Card(
        "Sorry, something went wrong on my side. Whoever runs me can look it up. Reference: ab12cd34."
    )


async def test_a_cancelled_answer_keeps_what_was_written_and_the_cancellation_goes_on() -> None:
    pipeline, reply = ScriptedPipeline({"What?": says("Half", Forever())}), PageReply()
    answering = asyncio.create_task(conversation(pipeline).handle(message("What?"), reply))
    await reply.appended.wait()

    answering.cancel()

    with pytest.raises(asyncio.CancelledError):
        await answering
    assert reply.card == Card("Half", notice="Stopped. The answer is not complete.")


@pytest.mark.parametrize("end", [asyncio.CancelledError(), BrokenPipeError()], ids=repr)
async def test_however_an_answer_ends_its_stream_is_closed_before_the_message_is_done(end: BaseException) -> None:
    closed = []

    class Upstream(ScriptedPipeline):
        async def stream(self, *arguments: object, **named: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
            try:
                async with aclosing(super().stream(*arguments, **named)) as events:  # type: ignore[arg-type]
                    async for event in events:
                        yield event
            finally:
                closed.append(True)

    class Ending(PageReply):
        async def append(self, _markdown: str) -> None:
            raise end

    # While the reply is being written to, the stream waits in the middle of its work.
    with pytest.raises(type(end)):
        await conversation(Upstream()).handle(message("What?"), Ending())

    assert closed


async def test_nobody_is_apologised_to_after_the_reader_left() -> None:
    class Gone(PageReply):
        async def status(self, text: str) -> None:
            raise BrokenPipeError(text)

    reply = Gone()

    with pytest.raises(BrokenPipeError):
        await conversation(ScriptedPipeline()).handle(message("What?"), reply)
    assert reply.card is None


async def test_the_stream_is_followed_to_its_end_so_that_it_can_remember_the_answer() -> None:
    finished = []

    class Remembering(ScriptedPipeline):
        async def stream(self, *arguments: object, **named: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
            async for event in super().stream(*arguments, **named):  # type: ignore[arg-type]
                yield event
            finished.append(True)

    await conversation(Remembering()).handle(message("What?"), PageReply())

    assert finished
