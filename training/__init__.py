"""Training: of models on corpora (`duplex`, `loop`, `evaluation`), and of the units and their voice (`units`)."""
