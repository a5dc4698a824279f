# SPDX-License-Identifier: Apache-2.0
"""Views: read the request, call the operation, return the response."""
