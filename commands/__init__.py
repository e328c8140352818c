"""The commands of `build-corpus`. Thin: each imports what it needs and calls one procedure."""
