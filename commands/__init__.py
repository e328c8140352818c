"""The commands of `build-corpus`. Thin: every one imports what it needs and calls one procedure."""
