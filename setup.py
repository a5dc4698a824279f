# SPDX-License-Identifier: Apache-2.0
"""pbr does all of it; see setup.cfg."""

import setuptools

setuptools.setup(setup_requires=["pbr"], pbr=True)
