"""What people read in a terminal: text from outside made safe and short, alerts and cases in few lines."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from streams.records.alert import Alert
from streams.records.case import Case

_COLOURS = {"hold": "bold red", "review": "yellow", "sample": "dim"}
_STATE_COLOURS = {"true_match": "bold red", "escalated": "red", "reopened": "yellow", "false_positive": "green"}
_WIDTH = 80


def safe(text: str) -> str:
    """The text without what could move the cursor, colour the screen or turn the reading direction."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char
        for char in text
    )


def clip(text: str, width: int) -> str:
    """The safe text in at most ``width`` terminal cells, its end replaced by … when it is longer."""
    text = safe(text)
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def fill(text: str, width: int) -> str:
    """The safe text in exactly ``width`` terminal cells."""
    return set_cell_size(clip(text, width), width)


def alert_lines(alert: Alert, width: int = _WIDTH) -> Text:
    """An alert in three lines of at most ``width`` cells, coloured by outcome; a lookback's past in a fourth."""
    shown = Text()
    shown.append(f"{alert.raised_at:%H:%M:%S} ")
    shown.append(f"{alert.outcome.upper():<6}", style=_COLOURS[alert.outcome])
    shown.append(f" {alert.score:.3f} ")
    shown.append(fill(alert.transaction_id, 24))
    shown.append(f" {clip(alert.party.role or 'no role', width - 47)}\n")
    where = "" if alert.field == "name" else f" ({alert.field})"
    shown.append("         party  ", style="dim")
    shown.append(f"{clip(alert.value + where, width - 16)}\n")
    source = clip(alert.listed.source, 30)
    shown.append("         listed ", style="dim")
    shown.append(clip(alert.listed.name, width - 19 - len(source)), style="bold")
    shown.append(f" · {source}", style="dim")
    if alert.transactions:
        shown.append("\n         past   ", style="dim")
        past = [each.transaction_id for each in reversed(alert.transactions)]
        shown.append(clip(f"{len(past)} transactions: {', '.join(past)}", width - 16))
    return shown


def case_lines(case: Case, width: int = _WIDTH) -> Text:
    """A case in three lines of at most ``width`` cells: when it changed, where it stands, who against which entry."""
    shown = Text()
    shown.append(f"{case.changed_at:%H:%M:%S} ")
    shown.append(f"{case.outcome.upper():<6}", style=_COLOURS[case.outcome])
    shown.append(f" {case.score:.3f} ")
    shown.append(fill(case.state.replace("_", " "), 14), style=_STATE_COLOURS.get(case.state, "bold"))
    waits = " · to check" if case.proposal is not None else ""
    alerts = f"{case.count:,} alert{'' if case.count == 1 else 's'}"
    told = f"{alerts} · {case.assignee or 'nobody'}{waits}"
    shown.append(f" {clip(told, width - 37)}\n")
    shown.append("         party  ", style="dim")
    shown.append(f"{clip(case.party.name, width - 16)}\n")
    source = clip(case.source, 30)
    shown.append("         listed ", style="dim")
    shown.append(clip(case.listed.name, width - 19 - len(source)), style="bold")
    shown.append(f" · {source}", style="dim")
    return shown
