"""The two child processes: the program, and the SDK's dynamic provider."""
