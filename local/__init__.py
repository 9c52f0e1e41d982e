"""A whole Sonae on one machine: real Kafka and Redis, replayed feeds, virtual devices; `python -m local up|demo`."""
