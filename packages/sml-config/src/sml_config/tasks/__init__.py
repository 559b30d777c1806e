"""Tasks of sweeps: identity, states, claims, journals; shared by launcher and viewer."""
