"""What happens to a dialogue, stage by stage; no Ray, no shard paths."""
