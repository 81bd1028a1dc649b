"""Runs a Pulumi program with no Pulumi CLI installed."""
