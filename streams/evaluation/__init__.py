"""How well matching does on labelled rows: the same code as the stream, counted."""
