"""What every process does alike: settings, clock, log lines, metrics, health, start and stop."""
