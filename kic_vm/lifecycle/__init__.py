"""The lifecycle: the documented states for OpenStack's states, and which of them are billed."""
