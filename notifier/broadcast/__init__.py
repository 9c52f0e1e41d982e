"""What partners follow: records of their municipalities as Server-Sent Events."""
