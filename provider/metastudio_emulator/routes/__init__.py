"""The HTTP routes of each service, and the application made of them."""
