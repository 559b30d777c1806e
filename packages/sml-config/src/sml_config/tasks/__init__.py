"""Tasks of a sweep: identity, states, claims, journals. One rule for launcher and viewer."""
