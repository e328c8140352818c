"""Requested timing versus what finished scenes contain and what is heard in them; makes no scenes."""
