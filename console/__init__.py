"""The officers' desk and the public page: reads topics, writes only decisions, reports and its own heartbeat."""
