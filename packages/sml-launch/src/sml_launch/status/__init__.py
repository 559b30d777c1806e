"""Status of a sweep: task states, scheduler states, coverage of the grid."""
