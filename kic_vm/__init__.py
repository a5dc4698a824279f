# SPDX-License-Identifier: Apache-2.0
"""The KakaoCloud VM API on any OpenStack."""
