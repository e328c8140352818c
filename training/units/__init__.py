"""Training of the embedded units: texts, aligned speech, features, the tokenizer's bottleneck, the vocoder's prior."""
