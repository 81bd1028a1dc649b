"""A pip that knows of no packages.

At each operation the Pulumi CLI has pip list all packages, to look for plugins among them; that is
nearly half of its time, and the programs of these tests have none. With this folder on PYTHONPATH
it learns that at once. ``test_packaging.py`` has the real pip.
"""
