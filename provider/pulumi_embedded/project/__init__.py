"""What is on disk: the project, its configuration, its secrets, and the stacks' state."""
