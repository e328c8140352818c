"""What is trained on corpora, or for making them: today the codebook of the speech tokenizer."""
