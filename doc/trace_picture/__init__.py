# SPDX-License-Identifier: Apache-2.0
"""The picture of a trace: one request to a real gateway, as its OpenTelemetry spans tell it."""
