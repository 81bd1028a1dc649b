"""The reference, written from the code: ``python -m docs.generate`` makes ``docs/reference`` anew.

The pages are committed, for those who read them in the repository, and a test holds them equal to
what this makes of the code. What the code says in a docstring is not said again here.
"""
