"""The demonstration: invented orders, real list entries, a real Kafka."""
