"""What runs where, and when it counts as done: config, plan, execution on Ray, storage, progress."""
