"""The way of one message, from what was written to the reply."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.messages import Addressed, Card, IncomingMessage, Locale, Press, Thread
from rag.errors import StateUnavailable
from rag.model import NO_PIN, Allowance, Asker, Event, Pin, Restart, Scope, Status, Turn
from tests.fakes.clock import FakeClock
from tests.fakes.room import Room, RoomReply, message, press
from tests.fakes.scripted_pipeline import REFUSAL, Forever, ScriptedPipeline, one_too_many, says
from tests.fakes.talk import open_talk

BEFORE = (Turn("user", "before"), Turn("assistant", "that was before"))


async def handled(
    folder: Path, pipeline: ScriptedPipeline, *messages: IncomingMessage, room: Room | None = None
) -> Room:
    """The room after one process has handled these messages, one after the other."""
    room = room or Room()
    async with open_talk(folder, pipeline) as talk:
        for said in messages:
            await talk.conversation.handle(said, room)
    return room


class TestAQuestion:
    async def test_goes_on_in_the_scope_of_its_place_with_what_the_platform_knows_of_before(
        self, tmp_path: Path
    ) -> None:
        pipeline, room = ScriptedPipeline(), Room()

        async with open_talk(tmp_path, pipeline, access=Access({"C1": ("handbook",)})) as talk:
            await talk.conversation.handle(message("What?", history=BEFORE), room)

        (asked,) = pipeline.asked
        assert (asked.question, asked.history, asked.scope) == ("What?", BEFORE, Scope.of("handbook"))
        assert (asked.pin, asked.again) == (NO_PIN, False)
        assert room.last.said == ["(Searching the documents…)", REFUSAL]
        assert room.last.reference == "ref1"
        (card,) = room.cards
        assert (card.text, card.reference, card.private) == (REFUSAL, "ref1", False)
        assert card.receipt.endswith(" · ref ref1")

    async def test_is_told_what_was_said_before_in_its_conversation_and_nothing_of_others(self, tmp_path: Path) -> None:
        pipeline, clock = ScriptedPipeline(), FakeClock()

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            for number, thread in enumerate(("1", "2", "1")):
                await talk.conversation.handle(message(f"{number}?", id=f"{number}", thread=thread), Room())
                clock.wind(1)

        assert [asked.history for asked in pipeline.asked] == [(), (), (Turn("user", "0?"), Turn("assistant", REFUSAL))]

    async def test_from_a_place_with_a_pin_is_asked_with_it(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()
        access = Access(pins={"C1": Pin(model="openai/gpt"), "*": Pin(policy="cheapest")})

        async with open_talk(tmp_path, pipeline, access=access) as talk:
            await talk.conversation.handle(message("What?"), Room())
            await talk.conversation.handle(message("What?", place="C2"), Room())

        assert [asked.pin for asked in pipeline.asked] == [Pin(model="openai/gpt"), Pin(policy="cheapest")]

    async def test_is_counted_and_asked_for_the_person_and_the_place_it_came_from(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()

        await handled(tmp_path, pipeline, message("What?"))

        whose = Asker(user="U1", channel="C1", workspace="T1", roles=frozenset({"admin"}))
        assert pipeline.admitted == [whose]
        assert [asked.asker for asked in pipeline.asked] == [whose]

    @pytest.mark.parametrize(
        ("locale", "told"),
        [
            ("en", " · $1.92 of $2.00 left today · ref ref1"),
            ("pt-BR", " · restam US$ 1,92 de US$ 2,00 hoje · ref. ref1"),
        ],
    )
    async def test_is_answered_with_what_may_still_be_spent(self, locale: Locale, told: str, tmp_path: Path) -> None:
        left = Allowance("user", "day", left_micro_usd=1_925_000, limit_micro_usd=2_000_000)

        room = await handled(tmp_path, ScriptedPipeline(left=left), message("What?", locale=locale))

        assert room.cards[0].receipt.endswith(told)

    async def test_shows_nothing_that_could_call_people_or_hide_where_it_leads(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline(
            {"What?": says("Ask <", "!chan", "nel> or [bank", ".example](https://evil.", "example)")}
        )

        room = await handled(tmp_path, pipeline, message("What?"))

        shown = "".join(room.last.said[2:])
        assert "<!channel>" not in shown
        assert "](" not in shown
        assert room.cards[0].text.startswith(shown)

    async def test_that_begins_again_is_told_and_forgets_its_first_beginning(self, tmp_path: Path) -> None:
        script = says("A wrong", " beginning", Restart("openai", "gpt"), "The right", StateUnavailable())

        room = await handled(tmp_path, ScriptedPipeline({"What?": script}), message("What?"))

        assert room.last.said[2:] == [
            "A wrong",
            " beginning",
            "[openai/gpt broke off; what it wrote is void. Starting again.]",
            "The right",
        ]
        assert room.cards[0].text == "The right"

    async def test_is_followed_to_the_end_of_its_stream_so_that_the_answer_can_be_remembered(
        self, tmp_path: Path
    ) -> None:
        finished = []

        class Remembering(ScriptedPipeline):
            async def stream(self, question: str, **asked: object) -> AsyncGenerator[Event, None]:
                async for event in super().stream(question, **asked):  # type: ignore[arg-type]
                    yield event
                finished.append(True)

        await handled(tmp_path, Remembering(), message("What?"))

        assert finished


class TestWhatIsTaken:
    async def test_an_event_delivered_twice_is_counted_and_answered_once(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()

        room = await handled(tmp_path, pipeline, message("What?", event="E"), message("What?", event="E", id="2"))

        assert (len(pipeline.admitted), len(pipeline.asked), len(room.posts)) == (1, 1, 1)

    async def test_a_message_that_comes_as_two_events_is_answered_once(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()

        await handled(tmp_path, pipeline, message("What?"), message("What?", addressed="thread"))

        assert len(pipeline.asked) == 1

    async def test_another_message_with_the_same_words_is_answered_again(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()

        await handled(tmp_path, pipeline, message("What?"), message("What?", id="2"), message("What?", place="C2"))

        assert len(pipeline.asked) == 3

    @pytest.mark.parametrize("event", ["E", ""], ids=["the same event", "another event"])
    async def test_two_processes_answer_a_message_once(self, event: str, tmp_path: Path) -> None:
        pipeline, room = ScriptedPipeline(), Room()

        async with (
            open_talk(tmp_path, pipeline) as one,
            open_talk(tmp_path, pipeline, prefix="two") as two,
            asyncio.TaskGroup() as group,
        ):
            for talk in (one, two):
                group.create_task(talk.conversation.handle(message("What?", event=event), room))

        assert (len(pipeline.asked), len(room.posts)) == (1, 1)

    async def test_a_button_typed_once_is_pressed_once_however_often_it_is_delivered(self, tmp_path: Path) -> None:
        retried = message("/retry", id="2"), message("/retry", id="2")
        pipeline = ScriptedPipeline()

        await handled(tmp_path, pipeline, message("What?"), *retried)

        assert [asked.again for asked in pipeline.asked] == [False, True]

    @pytest.mark.parametrize("text", ["What?", "/help", "/stop"])
    async def test_bots_and_what_is_said_to_others_are_left_alone(self, text: str, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()
        begun = message("What?", id="0")
        others = message(text, id="1", addressed="others"), message(text, id="2", is_by_bot=True)

        room = await handled(tmp_path, pipeline, begun, *others)

        assert (len(room.posts), len(pipeline.asked)) == (1, 1)

    async def test_in_a_conversation_that_goes_on_follow_ups_need_no_name_and_elsewhere_they_do(
        self, tmp_path: Path
    ) -> None:
        pipeline = ScriptedPipeline()
        said = (
            message("0?", id="0", addressed="thread"),
            message("1?", id="1"),
            message("2?", id="2", addressed="thread"),
        )

        await handled(tmp_path, pipeline, *said, message("3?", id="3", thread="2", addressed="thread"))

        assert [asked.question for asked in pipeline.asked] == ["1?", "2?"]

    @pytest.mark.parametrize(("word", "addressed"), [("mute", "thread"), ("🔇", "thread"), ("/mute", "mention")])
    async def test_a_muted_conversation_is_left_alone_until_the_bot_is_called(
        self, word: str, addressed: Addressed, tmp_path: Path
    ) -> None:
        pipeline = ScriptedPipeline()

        room = await handled(
            tmp_path,
            pipeline,
            message("1?", id="1"),
            message(word, id="2", addressed=addressed),
            message("3?", id="3", addressed="thread"),
            message("4?", id="4"),
            message("5?", id="5", addressed="thread"),
        )

        assert [asked.question for asked in pipeline.asked] == ["1?", "4?", "5?"]
        assert room.cards[1] == Card("I keep quiet here now. Ask me by name, or say `/unmute`, and I am back.")

    async def test_a_muted_conversation_goes_on_without_the_name_once_it_is_unmuted(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()
        words = "1?", "mute", "/unmute"

        room = await handled(
            tmp_path,
            pipeline,
            *(message(word, id=word, locale="pt-BR") for word in words),
            message("4?", id="4", addressed="thread"),
        )

        assert [asked.question for asked in pipeline.asked] == ["1?", "4?"]
        assert room.cards[2] == Card("Voltei: aqui não é preciso me chamar pelo nome.")

    async def test_a_platform_learns_that_it_need_not_deliver_again_what_is_in_the_journal(
        self, tmp_path: Path
    ) -> None:
        class Hasty(Room):
            """Acknowledges nothing that could be lost."""

            async def acknowledge(self, message: IncomingMessage) -> None:
                assert await talk.journal.find_under_way(message.thread) is None, "it is answered before that"
                assert not self.posts
                rows = await talk.database.fetch("SELECT state FROM questions")
                assert rows == [("accepted",)]
                await super().acknowledge(message)

        room = Hasty()
        async with open_talk(tmp_path, ScriptedPipeline()) as talk:
            await talk.conversation.handle(message("What?", event="E1"), room)

        assert room.acknowledged == ["E1"]

    async def test_a_platform_need_not_deliver_again_what_is_not_for_the_bot_either(self, tmp_path: Path) -> None:
        room = await handled(
            tmp_path,
            ScriptedPipeline(),
            message("a", event="E1", addressed="others"),
            message("/why", id="2", event="E2"),
        )

        assert room.acknowledged == ["E1", "E2"]


class TestARefusal:
    @pytest.mark.parametrize(
        ("locale", "told"),
        [
            ("en", "You may ask me 10 questions a minute, and you have. Please ask again in 30 s. Reference"),
            (
                "pt-BR",
                "Você pode me fazer 10 perguntas por minuto e já fez. Pergunte de novo em 30 s, por favor. Referência",
            ),
        ],
    )
    async def test_is_one_private_sentence_with_a_reference_and_a_way_to_try_again_and_nothing_is_asked(
        self, locale: Locale, told: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        pipeline = ScriptedPipeline(refusal=one_too_many())

        with caplog.at_level(logging.INFO, logger="bot"):
            room = await handled(tmp_path, pipeline, message("What?", locale=locale))

        assert room.cards == [Card(f"{told}: ref1.", private=True, reference="ref1", actions=("retry",))]
        assert (room.last.said, pipeline.asked) == ([], [])
        assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
            ("INFO", "refused reference=ref1 platform=room limit=requests_per_minute of=user")
        ], "a refusal is no failure, and who was refused is not logged"

    async def test_is_answered_by_its_button_once_there_is_room_again(self, tmp_path: Path) -> None:
        pipeline, room = ScriptedPipeline(refusal=one_too_many()), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("What?"), room)
            pipeline.refusal = None
            await talk.conversation.press(press("retry", reference=room.cards[0].reference), room)

        assert (room.cards[-1].text, room.cards[-1].private) == (REFUSAL, False)
        assert not pipeline.asked[0].again, "nobody has seen an answer yet"

    @pytest.mark.parametrize("command", ["/help", "/status", "/xyzzy", "/status now", "mute"])
    async def test_is_none_for_commands_which_are_not_counted(self, command: str, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline(refusal=one_too_many())

        room = await handled(tmp_path, pipeline, message(command))

        assert "ask again" not in room.cards[0].text
        assert pipeline.admitted == []


class TestACommand:
    async def test_is_run_in_the_scope_of_its_place_and_asks_the_documents_nothing(self, tmp_path: Path) -> None:
        pipeline, room = ScriptedPipeline(), Room()

        async with open_talk(tmp_path, pipeline, access=Access({"C1": ("team_docs",)})) as talk:
            await talk.conversation.handle(message("/sources", locale="pt-BR"), room)

        assert room.cards == [Card("- `team_docs`: 11 documentos, 1.300 trechos")]
        assert (room.last.said, pipeline.asked) == ([], [])

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("/souces", "I do not know the command `/souces`. Did you mean `/sources`?"),
            ("/xyzzy", "I do not know the command `/xyzzy`. `/help` lists those I know."),
            ("/quit", "I do not know the command `/quit`. `/help` lists those I know."),
            ("/status now", "I did not understand what comes after `/status`. Try, for example: `/status`"),
            ("/why not", "I did not understand what comes after `/why`. Try, for example: `/why`"),
            ("/help nonsense", "I did not understand what comes after `/help`. Try, for example: `/help sources`"),
        ],
    )
    async def test_that_cannot_be_run_is_answered_with_what_can(self, text: str, told: str, tmp_path: Path) -> None:
        room = await handled(tmp_path, ScriptedPipeline(), message(text))

        assert room.cards == [Card(told, private=True)]

    @pytest.mark.parametrize(
        ("text", "example"),
        [
            ("/budget set five", "/budget set 5 a day for this channel"),
            ("/budget lift", "/budget lift 40 everything"),
            ("/limits set foo=1", "/limits set requests_per_minute=20 for this channel"),
            ("/models pin gpt", "/models pin openai/gpt-6.1-terra"),
            ("/cost by nonsense", "/cost month by model"),
        ],
    )
    async def test_that_is_used_wrongly_is_answered_with_an_example_of_what_was_tried(
        self, text: str, example: str, tmp_path: Path
    ) -> None:
        room = Room()
        async with open_talk(tmp_path, ScriptedPipeline(), access=Access(admins=Admins(frozenset({"U1"})))) as talk:
            await talk.conversation.handle(message(text), room)

        assert room.cards[0].text.endswith(f"Try, for example: `{example}`")

    @pytest.mark.parametrize("text", ["/cost <!channel> *x*", "/budget @everyone", "/status [a](https://evil.example)"])
    async def test_repeats_nothing_of_what_it_does_not_understand(self, text: str, tmp_path: Path) -> None:
        (card,) = (await handled(tmp_path, ScriptedPipeline(), message(text))).cards

        assert card.text.startswith(f"I did not understand what comes after `{text.split(maxsplit=1)[0]}`.")
        assert not any(part in card.text for part in ("<!", "@", "*", "evil"))

    async def test_of_an_endless_name_is_answered_shortly(self, tmp_path: Path) -> None:
        (card,) = (await handled(tmp_path, ScriptedPipeline(), message(f"/{'x' * 5_000}"))).cards

        assert len(card.text) < 200

    async def test_is_no_part_of_the_talk(self, tmp_path: Path) -> None:
        pipeline, clock = ScriptedPipeline(), FakeClock()

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            for text in ("/help", "What?"):
                await talk.conversation.handle(message(text, id=text), Room())
                clock.wind(1)

        assert pipeline.asked[0].history == ()


class TestAFailure:
    @pytest.mark.parametrize("error", [StateUnavailable("secret"), ZeroDivisionError("secret")])
    async def test_is_logged_and_told_with_one_reference_under_what_was_written(
        self, error: Exception, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        pipeline = ScriptedPipeline({"What?": says("Half an ", "answer", error)})

        with caplog.at_level(logging.ERROR):
            room = await handled(tmp_path, pipeline, message("What?"))

        (card,) = room.cards
        assert (card.text, card.reference, card.actions) == ("Half an answer", "ref1", ("retry", "hand_over"))
        assert card.notice.endswith("Reference: ref1.")
        assert "secret" not in card.notice
        (record,) = caplog.records
        assert record.getMessage() == "message failed reference=ref1 platform=room place=C1"
        assert record.exc_info is not None
        assert record.exc_info[1] is error

    async def test_of_a_command_is_told_with_its_reference(self, tmp_path: Path) -> None:
        class Ill(ScriptedPipeline):
            async def health_check(self) -> None:  # type: ignore[override]
                raise ZeroDivisionError

        room = await handled(tmp_path, Ill(), message("/status", locale="pt-BR"))

        assert room.cards[0].text == (
            "Desculpe, algo deu errado do meu lado. Quem cuida de mim pode ver o que foi. Referência: ref1."
        )

    async def test_is_apologised_for_where_a_stream_ends_without_an_answer(self, tmp_path: Path) -> None:
        class Speechless(ScriptedPipeline):
            async def stream(self, *_: object, **__: object) -> AsyncGenerator[Event, None]:  # type: ignore[override]
                yield Status("searching")

        room = await handled(tmp_path, Speechless(), message("What?"))

        assert room.cards[0].text == (
            "Sorry, something went wrong on my side. Whoever runs me can look it up. Reference: ref1."
        )

    async def test_in_the_middle_is_part_of_the_talk_only_as_far_as_it_was_seen(self, tmp_path: Path) -> None:
        pipeline, clock = (
            ScriptedPipeline({"1?": says("Half", ZeroDivisionError()), "2?": says(ZeroDivisionError())}),
            FakeClock(),
        )

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            for text in ("1?", "2?", "3?"):
                await talk.conversation.handle(message(text, id=text), Room())
                clock.wind(1)

        assert pipeline.asked[-1].history == (Turn("user", "1?"), Turn("assistant", "Half"))


class TestItsEnd:
    @pytest.mark.parametrize("end", [asyncio.CancelledError(), BrokenPipeError()], ids=repr)
    async def test_however_an_answer_ends_its_stream_is_closed_before_the_message_is_done(
        self, end: BaseException, tmp_path: Path
    ) -> None:
        closed = []

        class Upstream(ScriptedPipeline):
            async def stream(self, question: str, **asked: object) -> AsyncGenerator[Event, None]:
                try:
                    async with aclosing(super().stream(question, **asked)) as events:  # type: ignore[arg-type]
                        async for event in events:
                            yield event
                finally:
                    closed.append(True)

        # While the reply is being written to, the stream waits in the middle of its work.
        with pytest.raises(type(end)):
            await handled(tmp_path, Upstream(), message("What?"), room=Leaving("append", end))

        assert closed

    async def test_a_cancelled_answer_shows_no_end_and_stays_in_the_journal_for_the_next_start(
        self, tmp_path: Path
    ) -> None:
        pipeline, room = ScriptedPipeline({"What?": says("Half", Forever())}), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            answering = asyncio.create_task(talk.conversation.handle(message("What?"), room))
            await room.written.wait()
            answering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await answering
            entry = await talk.journal.find_under_way(Thread("room", "C1", "1"))

        assert (room.last.text, room.cards) == ("Half", [])
        assert entry is not None
        assert (entry.state, entry.outcome, entry.question.address) == ("answering", None, room.last.address)

    @pytest.mark.parametrize("step", ["begin", "status", "append"])
    async def test_nobody_is_apologised_to_after_the_reader_left_neither_now_nor_at_the_next_start(
        self, step: str, tmp_path: Path
    ) -> None:
        room = Leaving(step, BrokenPipeError())

        with pytest.raises(BrokenPipeError):
            await handled(tmp_path, ScriptedPipeline(), message("What?"), room=room)

        assert room.cards == []
        async with open_talk(tmp_path, ScriptedPipeline(), prefix="next") as talk:
            assert await talk.conversation.resume("room", Room()) == ()


class Leaving(Room):
    """A room whose replies end so at one of their steps."""

    def __init__(self, step: str, end: BaseException) -> None:
        super().__init__()
        self._step, self._end = step, end

    def reply_to(self, _cause: IncomingMessage | Press) -> RoomReply:
        reply = RoomReply(self)

        async def leave(*_: object) -> None:
            raise self._end

        setattr(reply, self._step, leave)
        return reply
