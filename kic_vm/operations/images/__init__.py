# SPDX-License-Identifier: Apache-2.0
"""Images and the projects that they are shared with."""
