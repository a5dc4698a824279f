"""The rooms that know OpenStack's clients: raw JSON in and out, errors in our terms."""
