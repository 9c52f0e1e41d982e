"""The residents' pages of orders: written as files by one role, served by another that needs nothing else."""
