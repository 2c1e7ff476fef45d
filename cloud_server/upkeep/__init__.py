"""Upkeep: what this machine is, what will hurt, how many workers suit it."""
