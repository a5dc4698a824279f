"""The lifecycle: which documented state OpenStack's states are, and which of them are billed."""
