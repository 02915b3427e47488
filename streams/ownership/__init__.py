"""Who owns whom, as published sources tell it: reading, publishing, and an immutable graph to ask."""
