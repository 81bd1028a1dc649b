"""Deployments: what a program asks for is compared with the state, step by step."""
