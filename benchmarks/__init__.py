"""Measurements of what this project promises, each beside something public, in one run.

``python -m benchmarks`` runs all of them; docs/benchmarks.md says what each one means.
"""
