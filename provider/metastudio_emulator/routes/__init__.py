"""The HTTP routes, and the application that they make up."""
