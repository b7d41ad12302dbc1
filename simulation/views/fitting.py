"""Tables for terminals of any width: columns are left out, words are never split."""

import copy
from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from simulation.views.text import folded

LEAST = 1
"""Columns that stay, however narrow the terminal: the first says what a row is about."""


class FittedTable(Table):
    """A table that leaves out its last columns where they do not fit, and says which."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as a table does where everything fits, else as many columns as have room for their longest words."""
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
            names = ", ".join(str(column.header) for column in self.columns[count:])
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


def speak(console: Console, sentence: str) -> None:
    """Print a sentence: on a terminal broken between its words, elsewhere as one line."""
    console.print(Text(folded(sentence, console.width if console.is_terminal else None)), soft_wrap=True)
