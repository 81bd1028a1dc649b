"""What the data folder keeps: jobs, files, signed URLs, keys and tokens."""
