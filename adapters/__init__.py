"""Chat platforms: each package turns native events into calls, replies into messages, nothing else."""
