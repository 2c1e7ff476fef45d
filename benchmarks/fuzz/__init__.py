"""Input nobody would send: what the stream's state machine and a live server make of it."""
