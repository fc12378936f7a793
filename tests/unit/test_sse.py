"""The parser of server-sent events, against streams whose meaning is known, cut anywhere."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.providers.sse import EventParser, EventTooLarge

_LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
_NAME = st.text("abc.", max_size=5)
_NOISE = _LINE.map(lambda text: f":{text}") | st.sampled_from([": OPENROUTER PROCESSING", "id: 7", "retry: 5", "odd"])
_CUTS = st.lists(st.integers(0, 10_000), max_size=8)


@st.composite
def _streams(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A stream and what it says; its lines end in one of the allowed ways, with comments between them."""
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines: list[str] = []
    said = []
    for name, data in draw(st.lists(st.tuples(_NAME, st.lists(_LINE, min_size=1, max_size=3)), max_size=4)):
        lines += [draw(_NOISE), f"event: {name}", draw(_NOISE), *(f"data: {line}" for line in data), ""]
        said.append("\n".join(data))
    mark = "\ufeff" if draw(st.booleans()) else ""
    return (mark + "".join(line + end for line in lines)).encode(), said


def _cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(bounds)]


def _parsed(*chunks: bytes) -> list[str]:
    parser = EventParser()
    return [data for chunk in chunks for data in parser.feed(chunk)]


class TestAnyStream:
    @given(_streams(), _CUTS)
    def test_is_read_as_it_was_meant_wherever_it_is_cut(self, stream: tuple[bytes, list[str]], cuts: list[int]) -> None:
        written, said = stream
        assert _parsed(*_cut(written, cuts)) == said

    @given(_streams())
    def test_is_read_as_it_was_meant_byte_by_byte(self, stream: tuple[bytes, list[str]]) -> None:
        written, said = stream
        assert _parsed(*(bytes([byte]) for byte in written)) == said

    @given(st.lists(st.sampled_from([b"\n", b"\r", b":", b"data", b"event", b" ", b"\xc3", b"\xa9"])), _CUTS)
    def test_means_the_same_wherever_it_is_cut_even_if_it_means_nothing(
        self, pieces: list[bytes], cuts: list[int]
    ) -> None:
        noise = b"".join(pieces)
        assert _parsed(*_cut(noise, cuts)) == _parsed(noise)


class TestDetails:
    def test_one_space_behind_the_colon_is_no_data(self) -> None:
        assert _parsed(b"data:a\n\ndata: a\n\ndata:  a\n\ndata\n\n") == ["a", "a", " a", ""]

    def test_a_name_is_no_event_by_itself(self) -> None:
        assert _parsed(b"event: error\ndata: a\n\nevent: lost\n\ndata: c\n\n") == ["a", "c"]

    def test_what_has_no_end_is_no_event(self) -> None:
        assert _parsed(b"data: all\n\ndata: cut\n", b"data: off") == ["all"]

    def test_bytes_that_are_no_text_do_not_stop_the_rest(self) -> None:
        assert _parsed(b"data: \xff\n\ndata: b\n\n") == ["\ufffd", "b"]


class TestMemory:
    def test_an_event_that_comes_in_pieces_may_be_as_large_as_one_in_one(self) -> None:
        event = b"data: " + b"x" * 90 + b"\n\n"
        for size in (1, 7, 50, 98):
            parser = EventParser(max_event_bytes=100)
            pieces = [event[start : start + size] for start in range(0, 98, size)]
            assert [data for piece in pieces for data in parser.feed(piece)] == ["x" * 90]

    @pytest.mark.parametrize("chunk", [b"x" * 10, b"data: x\n"])
    def test_an_event_that_never_ends_is_given_up(self, chunk: bytes) -> None:
        parser = EventParser(max_event_bytes=100)
        chunks = itertools.repeat(chunk, 20)
        with pytest.raises(EventTooLarge):
            list(itertools.chain.from_iterable(map(parser.feed, chunks)))

    def test_comments_and_finished_events_take_no_room(self) -> None:
        parser = EventParser(max_event_bytes=100)
        events = [event for _ in range(50) for event in parser.feed(b": still here\n\ndata: x\n\n: on it\n")]
        assert len(events) == 50
