# SPDX-License-Identifier: Apache-2.0
"""What a fresh deployment is filled with. Every part can be run again and again."""
