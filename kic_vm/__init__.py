"""The KakaoCloud VM API on any OpenStack."""
