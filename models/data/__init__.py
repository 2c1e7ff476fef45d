"""Speech and text that people did not label or speak: teachers' transcripts and synthetic voices. Nothing here is imported when serving."""
