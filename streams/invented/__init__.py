"""Invented trade for demonstration, measurements and tests: names, parties and orders; the same seed gives the same."""
