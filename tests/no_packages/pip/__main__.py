"""``python -m pip list --format json``."""

print("[]")
