"""Authentication of requests by signature or token."""
