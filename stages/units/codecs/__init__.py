"""Tokenizers whose weights aren't bundled: CosyVoice's S3, Mimi, EnCodec. One file each, loaded only if used.

Each channel goes through the model by itself and unpadded, on one torch thread: nothing that is encoded before,
after or beside it can change its units. Batches would not pay on a CPU either: two channels at once took 0.95 to 1.4
times as long as one after the other.
"""
