"""The door: browsers subscribe and leave here; what they say is validated, sealed and written to `subscriptions`."""
