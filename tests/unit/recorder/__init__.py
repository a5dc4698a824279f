"""The recorder of documented states."""
