"""What partners are sent: each event of theirs as a signed POST, in order, until they acknowledge it or it expires."""
