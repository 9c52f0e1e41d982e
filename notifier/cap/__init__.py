"""Orders as CAP 1.2 alerts, an Atom feed of them, and what L-Alert asks for, as static files."""
