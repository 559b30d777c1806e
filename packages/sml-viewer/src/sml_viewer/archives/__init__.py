"""Archives that anybody may have made, read in a process of their own, bounded in memory and time."""
