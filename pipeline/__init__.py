"""What runs where, and when it counts as done: config, plan, Ray execution, storage, progress."""
