"""What was asked of the timing beside what stands in finished scenes and what is heard in them; makes no scene."""
