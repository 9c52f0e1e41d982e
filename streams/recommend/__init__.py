"""What the rules call for, said as a Recommendation. Pure."""
