"""What is trained on corpora, or for making them: today the speech units and the voice that speaks them."""
