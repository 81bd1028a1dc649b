"""HTTP below the services: the server, its middleware, faults, error responses."""
