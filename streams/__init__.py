"""Readings and bulletins become recommendations (watch); officers' decisions become orders (decide)."""
