"""Too much on purpose: more speech than a server can hear, one tenant at the others' cost, and silence that must cost nothing."""
