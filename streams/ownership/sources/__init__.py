"""Parsers of ownership files, a module per format."""
