"""The report of a day, a week or a month: what was found, and how it is told.

`Reporter` makes it from the books, the journal and what people thought; `report_card` and `report_chart` word it.
"""

from __future__ import annotations

from bot.reports.card import name as row_name
from bot.reports.card import report_card
from bot.reports.chart import amounts_of, report_chart, spending_chart
from bot.reports.findings import Findings, Reporter, setup_of

__all__ = [
    "Findings",
    "Reporter",
    "amounts_of",
    "report_card",
    "report_chart",
    "row_name",
    "setup_of",
    "spending_chart",
]
