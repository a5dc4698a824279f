"""State changes of instances and volumes: one stream in Redis for each project."""
