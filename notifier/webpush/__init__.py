"""Web Push as the RFCs say it: keys (8292), encryption (8291), transport (8030), pace per push service, one send."""
