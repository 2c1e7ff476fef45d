"""Work for a long time, and what a server then holds more of than before."""
