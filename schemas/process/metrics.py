"""The closed list of metrics. Names and labels follow Prometheus' rules: seconds, `_total`, no ids in labels."""

from prometheus_client import Counter, Gauge, Histogram

STAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
DELIVERY_BUCKETS = (1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600)

SOURCE_CONTENT = Gauge("alert_source_last_content_timestamp_seconds", "Newest content time of a source", ["source"])
FETCH_FAILURES = Counter("alert_source_fetch_failures", "Polls that failed", ["source", "reason"])
RECEIVED = Counter("alert_events_received", "Records taken in", ["source", "hazard"])
PROCESSED = Counter("alert_events_processed", "Records handled to their end", ["source", "hazard"])
DEAD_LETTERED = Counter("alert_events_dead_lettered", "Content parked: it can never be read", ["source", "reason"])
DUPLICATES = Counter("alert_events_duplicates", "Repeats recognised and left out", ["source"])
SUPPRESSED = Counter("alert_events_suppressed", "Records kept from residents on purpose", ["source", "reason"])
STAGE_LATENCY = Histogram("alert_stage_latency_seconds", "Time a stage took", ["stage"], buckets=STAGE_BUCKETS)
ISSUE_TO_DELIVERY = Histogram(
    "alert_issue_to_delivery_seconds", "Order issued to push accepted", ["hazard"], buckets=DELIVERY_BUCKETS
)
PARTITION_PROGRESS = Gauge(
    "alert_partition_progress_timestamp_seconds", "When a partition last moved", ["topic", "partition"]
)
HEARTBEAT_ROUNDTRIP = Histogram(
    "alert_heartbeat_roundtrip_seconds", "Heartbeat through every hop", buckets=STAGE_BUCKETS
)
ACTIVE = Gauge("alert_active", "Open detections", ["hazard", "level"])
PUSH_DELIVERIES = Counter("push_deliveries", "Pushes by end", ["host", "outcome"])
PREKEYS = Counter("push_prekeys", "Single-use key agreements: made, used, or a fallback to a fresh one", ["event"])
PREKEYS_READY = Gauge("push_prekeys_ready", "Single-use key agreements that wait for a push")
BROKEN_ENTRIES = Counter("push_broken_entries", "Entries of the index that could not be read")
PUSH_SUBSCRIPTIONS = Gauge("push_subscriptions", "Subscriptions in the index", ["host", "state"])
INDEX_PAGE_FILL = Gauge("push_index_page_fill", "Subscribers in one page of the index, on average")
DEDUP_ERRORS = Counter("dedup_store_errors", "Errors of the store that recognises repeats")
BEAT = Gauge("alert_beat_timestamp_seconds", "When the last link test came through a route", ["route"])
LOOP_LAG = Gauge("event_loop_lag_seconds", "How late the event loop woke")
