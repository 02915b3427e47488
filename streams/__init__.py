"""Highfence: streaming restricted-party screening on Kafka."""
