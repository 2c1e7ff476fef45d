"""What several servers share, so that any of them can answer a repeat and take a session up again."""
