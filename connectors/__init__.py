"""The outside world into topics: polls official feeds, parses what they say, publishes bytes and records."""
