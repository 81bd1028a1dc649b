"""Training jobs: operations, commands, states, and the JSON they come and go in."""
