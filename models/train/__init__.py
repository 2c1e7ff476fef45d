"""A recipe and speech in, a checkpoint out. Needs the extra `train`; nothing here is imported when serving."""
