"""What a run shows: lines, live rows, JSON, and nothing that is secret."""
