"""Text from outside, made safe and short for a terminal."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size


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
