"""Who may do what: TLS, tokens, keys, and which method needs which right."""
