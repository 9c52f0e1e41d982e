"""What two processes must agree on: records, topics, codec, framing, reference data, and how a process behaves."""
