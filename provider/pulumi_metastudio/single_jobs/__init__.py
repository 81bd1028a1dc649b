"""What people do to a single job, by its id and without a stack."""
