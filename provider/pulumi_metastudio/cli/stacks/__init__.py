"""Stacks: which one a command is for, the two engines, and the commands that run them."""
