"""What a fresh deployment is filled with. Every part can be run again and again."""
