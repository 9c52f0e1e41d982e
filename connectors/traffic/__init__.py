"""Road traffic: counts per direction, from polled bytes to readings."""
