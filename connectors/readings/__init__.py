"""What every source of readings needs: batches per municipality, what was sent already, numbers, times, tables."""
