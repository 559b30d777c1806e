"""Files of a run folder to plain data, whatever state they are in.

What could not be read is counted, never dropped. Imports model, config and the tools at the root.
"""
