"""Training of the embedded speech tokenizer's codebook: sentences, speech, features, k-means."""
