"""What a checkpoint can do, measured on dialogues that it has not seen."""
