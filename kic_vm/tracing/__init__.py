# SPDX-License-Identifier: Apache-2.0
"""Traces: what a request did, how long each part took, and which part waited for which.

``request_trace`` has the interface that the other layers use, without OpenTelemetry. Only if
``[tracing] enabled`` is set, the application loads ``spans`` and ``export``, which need it.
"""
