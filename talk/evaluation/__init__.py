"""`build-corpus evaluate --live`: plays held-out dialogues through the loop and scores what is heard."""
