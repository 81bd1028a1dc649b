"""``metastudio jobs``: the group, and a module for each command of more than a few lines."""
