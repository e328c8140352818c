"""Measures what a checkpoint can do on dialogues that it has not seen."""
