"""`build-corpus evaluate --live`: held-out dialogues through the loop, judged by what is heard."""
