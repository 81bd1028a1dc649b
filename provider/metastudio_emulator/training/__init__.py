"""Training jobs: their operations, commands, states, and JSON."""
