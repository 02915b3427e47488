"""Faults made on purpose against a real Kafka, and an independent verifier of what is left afterwards."""
