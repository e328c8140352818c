"""What is trained: models on corpora (`duplex`, `loop`, `evaluation`), and the units and their voice (`units`)."""
