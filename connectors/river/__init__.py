"""River gauges: one module per format, from polled bytes to readings."""
