"""Who sent a request: signatures, tokens and temporary keys."""
