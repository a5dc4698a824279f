# SPDX-License-Identifier: Apache-2.0
"""Instance creation: the checks, then one call to Nova."""
