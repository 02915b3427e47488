"""Kafka: client configuration, topics, transactions, a local broker for development and tests."""
