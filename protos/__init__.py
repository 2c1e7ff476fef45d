"""The contract between edge and cloud; imports nothing of ours."""
