"""State files below `.sml-launch/`: launches, claims, results, deals."""
