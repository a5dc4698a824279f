# SPDX-License-Identifier: Apache-2.0
"""The history of instances and the usage of projects."""
