"""The full-duplex loop: a chunk of the user's units in, a chunk of the assistant's text and units out; no audio."""
