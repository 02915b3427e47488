"""Screening: transactions against a snapshot of the lists, as a pure function, on a stream and over files."""
