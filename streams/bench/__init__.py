"""Measurements of Highfence's own parts on the machine they run on."""
