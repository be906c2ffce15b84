"""What a Program is, and what can be told of one."""
