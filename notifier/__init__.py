"""Orders to devices, centres and partners: who subscribed, who is planned, and how each delivery ended."""
