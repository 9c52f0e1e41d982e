"""What becomes of decisions: cases, two-person approval, signed policies, calls. Pure: no Kafka, no clock, no I/O."""
