"""What a run is: plain frozen data, no reading and no writing. Imports the tools at the root alone."""
