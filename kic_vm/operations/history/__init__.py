"""The history of instances and the usage of projects."""
