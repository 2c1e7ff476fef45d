"""Load: people who speak at instants set in advance, what they wait, and how many of them a server can serve."""
