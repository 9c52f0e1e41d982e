"""The workers of delivery: take jobs in, know what is known, send to every recipient, write how each ended."""
