"""What we saw: pure folds over readings, bulletins, reports and ticks. No Kafka, no clock, no files."""
