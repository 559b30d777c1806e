"""HTTP: server, requests, responses."""
