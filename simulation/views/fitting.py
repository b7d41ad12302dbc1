"""Tables for terminals of any width: columns are left out, words are never split."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from simulation.views.streams import legible, width_of
from simulation.views.text import folded

LEAST = 1
"""Columns that stay, however narrow the terminal: the first says what a row is about."""


class FittedTable(Table):
    """A table that leaves out its last columns where they do not fit, and says which."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as a table does where everything fits, else as many columns as have room for their longest words."""
        yield from self.spelled(console.encoding).fitted(console, options)

    def spelled(self, encoding: str) -> "FittedTable":
        """Return the table with what an encoding lacks spelled."""
        table = copy.copy(self)
        table.title, table.caption = in_letters(self.title, encoding), in_letters(self.caption, encoding)
        table.columns = [
            replace(
                column,
                header=in_letters(column.header, encoding),
                _cells=[in_letters(cell, encoding) for cell in column.cells],
            )
            for column in self.columns
        ]
        return table

    def fitted(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the whole or as many columns as have room."""
        if Measurement.get(console, options.update_width(10_000), self).maximum <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        ranges = [self._measure_column(console, options.update_width(10_000), column) for column in self.columns]
        count = len(ranges)
        while count > LEAST and sum(one.minimum for one in ranges[:count]) + self.edges(count) > options.max_width:
            count -= 1
        if self.title:
            yield Text(str(self.title), style="bold")
        yield from Table.__rich_console__(self.narrowed(ranges[:count], options.max_width), console, options)
        if self.caption:
            yield Text(str(self.caption), style="table.caption")
        if count < len(ranges):
            names = ", ".join(str(column.header) for column in self.columns[count:] if column.header)
            yield Text(f"left out at {options.max_width} columns: {names}", style="table.caption")

    def edges(self, columns: int) -> int:
        """Return how many cells the lines between and around so many columns take."""
        if self.box is None:
            return 0
        return columns - 1 + 2 * self.show_edge

    def narrowed(self, ranges: Sequence[Measurement], width: int) -> Table:
        """Return the first columns alone, each as wide as its longest word at least, narrow ones first given more."""
        narrow = copy.copy(self)
        narrow.title = narrow.caption = None
        narrow.columns = [copy.copy(column) for column in self.columns[: len(ranges)]]
        left = width - sum(one.minimum for one in ranges) - self.edges(len(ranges))
        for place in sorted(range(len(ranges)), key=lambda place: ranges[place].span):
            more = max(0, min(left, ranges[place].span))
            left -= more
            padding = self._extra_padding(place, len(ranges))
            narrow.columns[place].width = max(1, min(width, ranges[place].minimum + more) - padding)
        return narrow

    def _extra_padding(self, place: int, columns: int) -> int:
        """Return the cells of padding that a measured column holds beside its text."""
        _, right, _, left = self.padding
        left = 0 if not self.pad_edge and place == 0 else left
        return left + (0 if not self.pad_edge and place == columns - 1 else right)


def in_letters(cell: Any, encoding: str) -> Any:  # whatever Rich takes as a cell; texts are known by their type
    """Return a text with what an encoding lacks spelled; what is no text as it is."""
    if isinstance(cell, str):
        return legible(cell, encoding)
    if isinstance(cell, Text) and (plain := legible(cell.plain, encoding)) != cell.plain:
        return Text(plain, style=cell.style, justify=cell.justify, overflow=cell.overflow, no_wrap=cell.no_wrap)
    return cell


class Words:
    """A text that is broken between words, what the terminal's encoding lacks spelled."""

    def __init__(self, text: str, style: str = "") -> None:
        self.text, self.style = text, style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the text as Rich breaks it."""
        del options
        yield Text(legible(self.text, console.encoding), style=self.style)


class Beside:
    """Rows of parts beside one another where there is room, else each row in lines that are broken between words."""

    def __init__(self, rows: Sequence[Sequence[str | ProgressBar]]) -> None:
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw a grid, or where that is wider than the terminal the words of each row, and its bar in a line below."""
        grid = Table.grid(padding=(0, 2))
        rows = [[in_letters(part, console.encoding) for part in row] for row in self.rows]
        for row in rows:
            grid.add_row(*(Text(part) if isinstance(part, str) else part for part in row))
        if Measurement.get(console, options.update_width(10_000), grid).maximum <= options.max_width:
            yield grid
            return
        for row in rows:
            yield Text(folded("  ".join(part for part in row if isinstance(part, str) and part), options.max_width))
            for bar in [part for part in row if not isinstance(part, str)]:
                yield bar
                yield Segment.line()


def speak(console: Console, sentence: str) -> None:
    """Print a sentence: where a width is known broken between its words, elsewhere as one line."""
    width = console.width if console.is_terminal else width_of(console.file)
    text = sentence if width is None else folded(legible(sentence, console.encoding), width)
    console.print(Text(text), soft_wrap=True)
