# SPDX-License-Identifier: Apache-2.0
"""Public generators make clients of the OpenAPI document, and one of them is used."""
