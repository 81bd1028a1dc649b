"""HTTP below the services: server, middleware, fault injection, request and error formats."""
