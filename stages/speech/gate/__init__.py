"""The gate that every clip of a turn must pass: what it says and how it sounds; scores, thresholds, refusals."""
