"""The gate that every clip of a turn passes: what it says, how it sounds; scores, bars, and why one was refused."""
