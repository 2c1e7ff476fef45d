"""Faults on purpose: what spoils links and servers, and what then must still hold."""
