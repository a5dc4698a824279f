"""Version 1 of the KakaoCloud API."""
