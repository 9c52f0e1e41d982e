"""Rain gauges: AMeDAS, from polled bytes to readings."""
