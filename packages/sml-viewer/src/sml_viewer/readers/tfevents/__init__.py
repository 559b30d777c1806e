"""TensorBoard event files: the codec of records, scalars to rows, parameters in text summaries."""
