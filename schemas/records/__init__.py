"""The records that travel on topics: frozen values, one module per stage of the line."""
