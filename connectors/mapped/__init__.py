"""Any other format by a mapping: a TOML file says where area, station, time, value, unit and quality stand."""
