# SPDX-License-Identifier: Apache-2.0
"""Checks of the cloud and of the gateway's own user, for the upgrade check and readiness.

A check only reads. Its result is a sentence; for a problem it says what to do.
"""
