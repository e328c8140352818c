"""Talk to a checkpoint: the full-duplex loop on its 400 ms clock, offline over a recording or live."""
