"""What the data folder keeps: jobs, files, URLs, keys, and the lock on it."""
