from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections import Counter
from decimal import Decimal
from io import BytesIO
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from wcwidth import wcswidth

from bot.charts import Amounts, Chart, Line, Series, most
from bot.charts.bars import bars
from bot.charts.canvas import Canvas, drawable, texture
from bot.charts.chart import texts_of, weekly
from bot.charts.drawing import _COLOURS, _paint
from bot.charts.picture import picture
from bot.charts.scale import ticks
from bot.locales import LOCALES, phrases_in

ROOT = Path(__file__).parents[2]
FILLS = "█░▓+▒=#·"
BLUE, ORANGE = _COLOURS[:2]
COMING = (244, 244, 244)

AMOUNT = st.integers(0, 10**12)
HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\n\r\t\x00\u202e\u200d\ufe0f\u0301\ud800日本👩🏽")), max_size=60
)


def dollars(micro_usd: int) -> str:
    return f"${micro_usd / 1e6:.6f}"


def chart_of(*amounts: int, line: int | None = None, forecast: tuple[int, ...] = (), note: str = "") -> Chart:
    labels = tuple(f"d{position}" for position in range(len(amounts)))
    budget = None if line is None else Line("budget", line)
    return Chart("Title", labels, (Series("first", amounts),), budget, forecast, "to come", note=note)


@st.composite
def charts(draw: st.DrawFn, names: st.SearchStrategy[str] = HOSTILE, most_labels: int = 40) -> Chart:
    count = draw(st.integers(0, most_labels))
    row = st.lists(AMOUNT, min_size=count, max_size=count).map(tuple)
    return Chart(
        title=draw(names),
        labels=tuple(draw(st.lists(names, min_size=count, max_size=count))),
        series=tuple(draw(st.lists(st.builds(Series, names, row), max_size=7))),
        line=draw(st.none() | st.builds(Line, names, AMOUNT)),
        forecast=draw(st.just(()) | row),
        forecast_name=draw(names),
        note=draw(names),
        alt=draw(names),
    )


@st.composite
def few_days(draw: st.DrawFn) -> Chart:
    """Few enough that every day has its line, with at least something spent, and a budget that can be seen."""
    count = draw(st.integers(1, 14))
    row = st.lists(AMOUNT, min_size=count, max_size=count).map(tuple)
    series = tuple(Series(f"s{index}", draw(row)) for index in range(draw(st.integers(1, 6))))
    labels = tuple(f"d{position}" for position in range(count))
    chart = Chart("Title", labels, series, forecast=draw(st.just(()) | row), forecast_name="to come")
    highest = max(1, *chart.totals)
    line = draw(st.none() | st.builds(Line, st.just("budget"), st.integers(0, 6 * highest)))
    return Chart("Title", labels, series, line, chart.forecast, "to come")


def rows_of(chart: Chart, text: str) -> list[tuple[str, str, str]]:
    """Label, bar and amount of each line."""
    lines = text.split("\n")[1 : 1 + len(chart.labels)]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].rsplit(" ", 1)[0], line.rsplit(" ", 1)[1]) for line in lines]


def ends_of(chart: Chart) -> list[str]:
    """What is to stand beside each bar."""
    coming = chart.forecast or (0,) * len(chart.labels)
    both = zip(chart.totals, coming, strict=True)
    return [f"~{dollars(ahead)}" if ahead and total == ahead else dollars(total - ahead) for total, ahead in both]


def length(bar: str) -> int:
    return len(bar.replace("│", "").replace(" ", ""))


def written(micro_usd: int, decimals: int) -> str:
    return f"${micro_usd // 10**6}.{f'{micro_usd % 10**6:06d}'[:decimals]}"


WORDS = Amounts(written, lambda micro_usd: f"${micro_usd / 1e6:.2f}")


class TestAmounts:
    @pytest.mark.parametrize(
        ("micro_usd", "told"),
        [(0, "$0.00"), (5_000_000, "$5.00"), (1_872, "$0.001872"), (16_000, "$0.016"), (1_000_100, "$1.0001")],
    )
    def test_one_by_itself_has_no_more_decimals_than_it_needs(self, micro_usd: int, told: str) -> None:
        assert WORDS(micro_usd) == told

    @given(few_days())
    def test_what_is_written_beside_the_bars_and_in_the_legend_adds_up_to_what_was_spent(self, chart: Chart) -> None:
        texts = texts_of(chart, WORDS)
        spent = sum(sum(part.amounts) for part in chart.series)
        ends = [Decimal(text[1:]) for text in texts.ends if not text.startswith("~")]
        sums = [Decimal(text[1:]) for text in texts.sums[:-1]]

        assert sum(ends) * 10**6 == sum(sums) * 10**6 == spent
        assert len({len(text.partition(".")[2]) for text in texts.sums[:-1]}) == 1
        assert len(texts.ends) == len(chart.labels)

    def test_all_have_as_many_decimals_as_one_of_them_needs(self) -> None:
        texts = texts_of(chart_of(5_000_000, 12_206_910, 0), WORDS)

        assert texts.ends == ("$5.00000", "$12.20691", "$0.00000")
        assert texts.sums[0] == "$17.20691"

    def test_what_is_forecast_is_told_apart(self) -> None:
        texts = texts_of(chart_of(2_000_000, 0, forecast=(3_456_789, 480_123)), WORDS)

        assert texts.ends == ("$2.00", "~$0.48")
        assert texts.sums == ("$2.00", "~$3.94")


class TestChart:
    def test_every_row_has_an_amount_for_each_label(self) -> None:
        with pytest.raises(ValueError, match="one amount for each label"):
            Chart("", ("a", "b"), (Series("", (1,)),))
        with pytest.raises(ValueError, match="one amount for each label"):
            Chart("", ("a",), (Series("", (1,)),), forecast=(1, 2))

    @pytest.mark.parametrize(("amount", "coming", "line"), [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
    def test_nothing_is_below_nothing(self, amount: int, coming: int, line: int) -> None:
        with pytest.raises(ValueError, match="shorter than nothing"):
            chart_of(amount, line=line, forecast=(coming,))

    def test_a_line_that_would_flatten_the_bars_is_out_of_reach(self) -> None:
        assert chart_of(5, line=30).line_in_reach == Line("budget", 30)
        assert chart_of(5, line=31).line_in_reach is None
        assert chart_of(5, line=31).top == 5
        assert chart_of(0, line=31).line_in_reach  # no bar is there to be flattened

    @given(charts(), st.integers(1, 8))
    def test_joining_the_smallest_loses_no_money(self, chart: Chart, n: int) -> None:
        joined = most(chart.series, n, "others")

        assert len(joined) == min(n, len(chart.series))
        totals = [sum(column) for column in zip(*(part.amounts for part in chart.series), strict=True)]
        assert [sum(column) for column in zip(*(part.amounts for part in joined), strict=True)] == totals

    def test_the_largest_stay_in_their_order_and_the_rest_comes_last(self) -> None:
        series = [Series(name, (amount,)) for name, amount in [("a", 1), ("b", 9), ("c", 2), ("d", 10)]]

        assert most(series, 3, "others") == (Series("b", (9,)), Series("d", (10,)), Series("others", (3,)))
        assert most(series, 4, "others") == tuple(series)

    def test_weeks_are_sums_and_so_is_what_they_may_cost(self) -> None:
        chart = weekly(chart_of(*range(1, 11), line=2, forecast=(1,) * 10), "+".join)

        assert chart.labels == ("d0+d1+d2+d3+d4+d5+d6", "d7+d8+d9")
        assert chart.series[0].amounts == (28, 27)
        assert chart.forecast == (7, 3)
        assert chart.line == Line("budget × 7", 14)

    @given(st.integers(1, 10**15))
    def test_marks_are_round_few_and_reach_just_over_the_top(self, top: int) -> None:
        marks = ticks(top)

        assert marks[-2] < top <= marks[-1]
        assert len(marks) <= 6
        assert len(marks) >= 4 or top < 5
        assert {after - before for before, after in pairwise(marks)} == {marks[1]}
        assert str(marks[1]).rstrip("0") in {"1", "2", "5"}

    def test_nothing_needs_one_mark(self) -> None:
        assert ticks(0) == (0,)


class TestBars:
    @given(charts(), st.integers(24, 100))
    def test_no_line_is_wider_than_asked_and_none_commands_the_terminal(self, chart: Chart, width: int) -> None:
        for line in bars(chart, dollars, width=width).split("\n"):
            assert 0 <= wcswidth(line) <= width  # below 0 where a control character is

    @given(few_days(), st.integers(48, 100))
    def test_every_day_has_its_line_with_its_amount(self, chart: Chart, width: int) -> None:
        rows = rows_of(chart, bars(chart, dollars, width=width))

        assert [label for label, _, _ in rows] == list(chart.labels)
        assert [amount for _, _, amount in rows] == ends_of(chart)

    @given(few_days(), st.integers(48, 100))
    def test_bars_are_as_long_as_their_amounts_within_a_cell(self, chart: Chart, width: int) -> None:
        text = bars(chart, dollars, width=width)
        found = [bar for _, bar, _ in rows_of(chart, text)]
        label_width, amount_width = max(map(len, chart.labels)), max(map(len, ends_of(chart)))
        cells = width - label_width - amount_width - 2 - (1 if chart.line else 0)

        for bar, total in zip(found, chart.totals, strict=True):
            assert abs(length(bar) - cells * total / max(1, chart.top)) <= 1
            assert bool(length(bar)) == bool(total)

    @given(few_days(), st.integers(48, 100))
    def test_parts_have_their_own_characters_in_the_order_of_the_legend(self, chart: Chart, width: int) -> None:
        text = bars(chart, dollars, width=width)
        cells = max(length(bar) for _, bar, _ in rows_of(chart, text)) or 1
        longest = max(1, *chart.totals)

        for position, (_, bar, _) in enumerate(rows_of(chart, text)):
            drawn = bar.replace("│", "").replace(" ", "")
            assert list(drawn) == sorted(drawn, key=f"{FILLS}□".index)
            counted = Counter(drawn)
            for fill, part in zip(f"{FILLS[: len(chart.series)]}□", chart.parts(position), strict=True):
                assert abs(counted[fill] - cells * part / longest) <= 2
                assert part or not counted[fill]

    @given(few_days(), st.integers(48, 100))
    def test_the_budget_is_marked_at_its_place_on_every_line(self, chart: Chart, width: int) -> None:
        text = bars(chart, dollars, width=width)
        lines = text.split("\n")[1 : 1 + len(chart.labels)]
        places = {line.find("│") for line in lines}

        assert len(places) == 1
        if chart.line is None:
            assert places == {-1}
            return
        assert "│ budget" in text
        label_width, amount_width = max(map(len, chart.labels)), max(map(len, ends_of(chart)))
        cells = width - label_width - amount_width - 3
        assert abs(places.pop() - label_width - 1 - cells * chart.line.amount / max(1, chart.top)) <= 0.5
        for (_, bar, _), total in zip(rows_of(chart, text), chart.totals, strict=True):
            assert length(bar.partition("│")[2]) <= 1 + cells * max(0, total - chart.line.amount) / max(1, chart.top)

    def test_a_long_note_goes_on_in_the_next_line(self) -> None:
        lines = bars(chart_of(1, note="ab " * 30 + "x" * 50), dollars, width=40).split("\n")[2:]

        assert max(map(wcswidth, lines)) == 40
        assert "".join(lines).replace(" ", "") == "ab" * 30 + "x" * 50

    def test_legend_and_note_stand_below(self) -> None:
        chart = chart_of(1_000_000, 0, line=2_000_000, forecast=(0, 500_000), note="It ends well.")

        assert bars(chart, dollars, width=40).split("\n") == [
            "Title",
            "d0 █████████████            │  $1.000000",
            "d1 □□□□□□                   │ ~$0.500000",
            "█ first   □ to come   │ budget",
            "It ends well.",
        ]

    def test_a_day_that_goes_on_is_labelled_with_what_was_spent_and_not_with_what_may_come(self) -> None:
        chart = chart_of(2_000_000, 1_872, 0, forecast=(0, 500_000, 480_000))
        ends = [line.rsplit(" ", 1)[1] for line in bars(chart, WORDS).split("\n")[1:4]]

        assert ends == ["$2.000000", "$0.001872", "~$0.48"]

    def test_a_legend_goes_on_in_the_next_line(self) -> None:
        series = tuple(Series(name * 7, (1,)) for name in "日本語")

        assert bars(Chart("t", ("a",), series), dollars, width=40).split("\n")[2:] == [
            "█ 日日日日日日日   ░ 本本本本本本本",
            "▓ 語語語語語語語",
        ]

    def test_a_legend_that_says_nothing_is_not_there(self) -> None:
        assert bars(chart_of(1), dollars).count("\n") == 1

    def test_a_budget_out_of_reach_is_told_at_the_edge(self) -> None:
        lines = bars(chart_of(1, 2, line=1000), dollars, width=40).split("\n")

        assert lines[1] == "budget →".rjust(40)
        assert "│" not in "".join(lines)
        assert len(lines[3].split()[1]) == 40 - len("d1") - len(dollars(2)) - 2

    def test_days_without_spending_at_the_ends_are_left_out_of_long_periods(self) -> None:
        text = bars(chart_of(*[0] * 10, 5, 0, 7, *[0] * 10), dollars)

        assert [line.split()[0] for line in text.split("\n")[1:]] == ["d10", "d11", "d12"]

    def test_a_quarter_is_shown_by_weeks(self) -> None:
        text = bars(chart_of(*[1_000_000] * 92), dollars)
        lines = text.split("\n")[1:]

        assert len(lines) == 14
        assert lines[0].startswith("d0–d6 ")
        assert lines[0].endswith(" $7.000000")
        assert lines[-1].startswith("d91 ")

    def test_wide_names_keep_the_columns_straight(self) -> None:
        labels = ("日本", "e\u0301", "👩🏽", "four")
        text = bars(Chart("t", labels, (Series("", (1, 2, 3, 4)),)), dollars, width=40)

        assert {wcswidth(line) for line in text.split("\n")[1:]} == {40}
        assert {wcswidth(line.partition("█")[0]) for line in text.split("\n")[1:]} == {5}

    def test_long_names_have_a_line_of_their_own(self) -> None:
        names = ("a-model-with-a-long-name", "another")
        lines = bars(Chart("t", names, (Series("", (1, 2)),)), dollars, width=40).split("\n")

        assert lines[1::2] == list(names)
        assert all(line.startswith("  █") and len(line) == 40 for line in lines[2::2])

    def test_numbers_are_set_to_the_right(self) -> None:
        lines = bars(Chart("t", ("9", "10"), (Series("", (1, 2)),)), dollars).split("\n")

        assert [line[:3] for line in lines[1:]] == [" 9 ", "10 "]

    def test_nothing_at_all_is_told_in_words(self) -> None:
        assert bars(Chart("Title", (), (), alt="Nothing."), dollars) == "Title\nNothing."
        assert bars(Chart("Title", (), (), note="Not yet.", alt="Nothing."), dollars) == "Title\nNot yet."
        assert "Nothing." not in bars(Chart("t", ("a",), (Series("", (1,)),), alt="Nothing."), dollars)


def image_of(chart: Chart) -> Image.Image:
    image = Image.open(BytesIO(picture(chart, dollars)))
    image.load()
    return image


def colour_box(image: Image.Image, colour: tuple[int, int, int], area: tuple[int, int, int, int]) -> tuple[int, ...]:
    """The box around all pixels of a colour in a part of the picture."""
    part = image.crop(area)
    mask = Image.new("L", part.size)
    mask.frombytes(bytes(255 * (pixel == colour) for pixel in part.get_flattened_data()))
    return mask.getbbox() or (0, 0, 0, 0)


PLOT = (200, 150, 840, 660)  # right of the axis' texts, left of the legend


class TestPicture:
    @settings(max_examples=30)
    @given(charts(most_labels=120))
    def test_whatever_the_names_and_amounts_it_is_a_small_png_of_the_promised_size(self, chart: Chart) -> None:
        content = picture(chart, dollars)

        image = Image.open(BytesIO(content))
        image.verify()
        assert (image.format, image.size) == ("PNG", (1200, 675))
        assert len(content) < 100_000

    def test_the_same_chart_gives_the_same_bytes(self) -> None:
        chart = chart_of(1, 2, 3, line=2, forecast=(0, 0, 4))

        assert picture(chart, dollars) == picture(chart, dollars)

    def test_bars_are_as_high_as_their_amounts(self) -> None:
        image = image_of(chart_of(1_000_000, 2_000_000))
        middle = 690
        left, right = (colour_box(image, BLUE, (start, 150, start + 490, 660)) for start in (200, middle))

        assert (right[3] - right[1]) == pytest.approx(2 * (left[3] - left[1]), abs=2)
        assert left[3] == right[3]

    def test_names_too_long_to_stand_side_by_side_lie(self) -> None:
        names = ("a-model-with-quite-a-long-name", "another-one-with-a-longer-name-still", "a-third-with-a-long-name")
        image = image_of(Chart("t", names, (Series("", (1_000_000, 2_000_000, 4_000_000)),)))
        thirds = [colour_box(image, BLUE, (400, top, 1180, top + 130)) for top in (155, 297, 440)]
        lengths = [right - left for left, _, right, _ in thirds]

        assert lengths[1] == pytest.approx(2 * lengths[0], abs=2)
        assert lengths[2] == pytest.approx(4 * lengths[0], abs=4)

    def test_the_budget_stands_upright_where_the_bars_lie(self) -> None:
        names = ("a-model-with-quite-a-long-name", "another-one-with-a-longer-name-still", "a-third-with-a-long-name")
        image = image_of(Chart("t", names, (Series("", (1_000_000, 0, 4_000_000)),), Line("budget", 2_000_000)))
        ink = [sum(image.getpixel((x, y)) == (26, 26, 26) for y in range(160, 580)) for x in range(440, 1190)]
        bar = colour_box(image, BLUE, (0, 440, 1200, 660))

        assert 440 + max(range(len(ink)), key=ink.__getitem__) == pytest.approx((bar[0] + bar[2]) / 2, abs=3)
        assert 200 < max(ink) < 420

    def test_a_little_can_be_seen_beside_a_lot(self) -> None:
        little = colour_box(image_of(chart_of(1, 10**9)), BLUE, (200, 150, 690, 660))

        assert little[3] - little[1] == 3

    def test_no_amount_in_it_is_what_was_spent_and_what_may_come_together(self) -> None:
        asked: list[int] = []

        def amount(micro_usd: int) -> str:
            asked.append(micro_usd)
            return dollars(micro_usd)

        picture(chart_of(1_234_567, 0, forecast=(111_111, 222_222)), amount)

        assert {1_234_567, 222_222, 333_333} <= set(asked)
        assert 1_345_678 not in asked

    def test_series_lie_on_each_other(self) -> None:
        labels = ("a",)
        image = image_of(Chart("", labels, (Series("x", (3_000_000,)), Series("y", (3_000_000,)))))
        lower, upper = colour_box(image, BLUE, PLOT), colour_box(image, ORANGE, PLOT)

        assert upper[3] == lower[1] - 2  # a line of white parts them
        assert lower[3] - lower[1] == pytest.approx(upper[3] - upper[1], abs=4)
        assert (lower[0], lower[2]) == pytest.approx((upper[0], upper[2]), abs=2)

    def test_what_is_forecast_looks_otherwise(self) -> None:
        with_forecast = image_of(chart_of(1_000_000, 0, forecast=(0, 1_000_000)))
        coming = colour_box(with_forecast, COMING, PLOT)
        spent = colour_box(with_forecast, BLUE, PLOT)

        assert coming[0] > spent[2]
        edge = [with_forecast.getpixel((PLOT[0] + coming[0] - 1, y)) for y in range(300, 500)]
        assert set(edge) == {(110, 110, 110)}
        assert coming[3] - coming[1] == pytest.approx(spent[3] - spent[1], abs=6)
        assert colour_box(image_of(chart_of(1_000_000, 0)), COMING, PLOT) == (0, 0, 0, 0)

    def test_the_budget_is_a_dashed_line_at_its_height(self) -> None:
        image = image_of(chart_of(4_000_000, line=2_000_000))
        ink = [sum(image.getpixel((x, y)) == (26, 26, 26) for x in range(200, 1150)) for y in range(150, 560)]
        height = 150 + max(range(len(ink)), key=ink.__getitem__)
        bar = colour_box(image, BLUE, (0, 150, 1200, 660))

        assert height == pytest.approx(150 + (bar[1] + bar[3]) / 2, abs=3)
        assert 400 < max(ink) < 900  # dashes, and as much between them as leaves them dashes
        without = image_of(chart_of(4_000_000))
        assert all(without.getpixel((x, height)) != (26, 26, 26) for x in range(200, 1150))

    def test_a_budget_far_above_does_not_flatten_the_bars(self) -> None:
        far, none = image_of(chart_of(1_000_000, line=10**9)), image_of(chart_of(1_000_000))

        assert colour_box(far, BLUE, PLOT) == colour_box(none, BLUE, PLOT)
        name, nothing = (colour_box(image, (26, 26, 26), (850, 80, 1180, 150)) for image in (far, none))
        assert name[2] - name[0] > 80  # it is told
        assert nothing == (0, 0, 0, 0)
        arrow = [sum(far.getpixel((850 + name[0] + x, y)) == (26, 26, 26) for x in range(18)) for y in range(80, 150)]
        assert sorted(row for row in arrow if row) == [row for row in arrow if row]  # it points upwards

    def test_the_budget_is_named_where_it_hides_no_bar(self) -> None:
        def name_above(chart: Chart) -> bool:
            return colour_box(image_of(chart), (26, 26, 26), (900, 90, 1180, 130)) != (0, 0, 0, 0)

        high = [4_000_000] * 40
        assert name_above(chart_of(*high, line=2_000_000))
        assert not name_above(chart_of(*high[:20], *[1_000_000] * 20, line=2_000_000))
        assert not name_above(chart_of(*[1_000_000] * 20, *high[:20], line=2_000_000))

    def test_a_year_is_drawn_by_weeks(self) -> None:
        image = image_of(chart_of(*[1_000_000] * 365))
        row = [image.getpixel((x, 570)) == BLUE for x in range(1200)]

        assert sum(after and not before for before, after in pairwise(row)) == 53

    @pytest.mark.parametrize("chart", [Chart("t", (), (), alt="Nothing."), chart_of(0, 0, line=5, note="Nothing.")])
    def test_no_data_is_told_in_words_and_nothing_is_drawn(self, chart: Chart) -> None:
        image = image_of(chart)

        assert colour_box(image, BLUE, (0, 0, 1200, 675)) == (0, 0, 0, 0)
        assert colour_box(image, (85, 85, 85), (400, 200, 900, 540)) != (0, 0, 0, 0)

    def test_series_are_told_apart_without_any_colour(self) -> None:
        seen = [texture(28, 28, _paint(index)).convert("L") for index in range(6)]
        grounds = [image.getextrema() for image in seen]
        masks = [
            [2 * pixel > low + high and low != high for pixel in image.get_flattened_data()]
            for image, (low, high) in zip(seen, grounds, strict=True)
        ]

        for one, other in combinations(masks, 2):
            assert sum(a != b for a, b in zip(one, other, strict=True)) > len(one) // 10

    def test_more_series_than_colours_still_differ(self) -> None:
        assert len({_paint(index) for index in range(12)}) == 12


def glyph(text: str, *, bold: bool) -> bytes:
    canvas = Canvas(120, 80)
    canvas.text(20, 60, text, 40, (0, 0, 0), bold=bold)
    return canvas.png()


class TestFonts:
    @pytest.mark.parametrize("bold", [False, True])
    def test_all_that_the_bot_writes_can_be_drawn(self, *, bold: bool) -> None:
        written = {
            character
            for locale in LOCALES
            for sentence in phrases_in(locale).sentences.values()
            for character in sentence
            if unicodedata.category(character)[0] in "LN"
        }
        written |= set("áàâãçéêíóôõúüÁÀÂÃÇÉÊÍÓÔÕÚÜñßøåłšž$€£0123456789.,–—…’“”×%")
        unknown = glyph("\uffff", bold=bold)

        assert "ã" in written
        assert {character for character in written if glyph(character, bold=bold) == unknown} == set()
        assert glyph("日", bold=bold) == unknown  # so that the test can fail

    def test_titles_are_heavier(self) -> None:
        assert glyph("a", bold=True) != glyph("a", bold=False)

    def test_accents_written_apart_are_joined_and_wide_letters_are_usual_ones(self) -> None:
        assert drawable("ac\u0327a\u0303o\nＡＢ\u2011Ｃ 👩\u200d👩") == "ação AB-C 👩👩"

    @given(HOSTILE, st.integers(60, 900))
    def test_what_is_cut_fits(self, text: str, width: int) -> None:
        canvas = Canvas(10, 10)

        fitted = canvas.fitted(text, width, 24)

        assert canvas.length(fitted, 24) <= width
        assert fitted == drawable(text) or fitted.endswith("…")

    @given(st.lists(st.text("abc", min_size=1, max_size=12), max_size=30), st.integers(1, 3))
    def test_wrapped_lines_fit_and_lose_words_at_the_end_alone(self, words: list[str], lines: int) -> None:
        canvas = Canvas(10, 10)
        text = " ".join(words)

        rows = canvas.wrapped(text, 300, 24, lines=lines)

        assert len(rows) <= lines
        assert all(canvas.length(row, 24) <= 300 for row in rows)
        joined = " ".join(rows)
        assert joined == text or (joined.endswith("…") and text.startswith(joined[:-1]))


@pytest.mark.parametrize("module", ["bot.charts", "bot.charts.bars", "bot.charts.picture"])
def test_the_library_is_loaded_when_a_picture_is_drawn_and_not_before(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "assert 'PIL' not in sys.modules\n"
        "from bot.charts.picture import picture\n"
        "from bot.charts.chart import Chart\n"
        "picture(Chart('t', (), ()), str)\n"
        "assert 'PIL' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
