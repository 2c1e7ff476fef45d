"""Capacity: how many servers a day of queries needs, simulated from what was measured on one."""
