"""An HTTP/2 client that can do one thing, fast: many POSTs with short answers (RFC 9113, HPACK: RFC 7541)."""
