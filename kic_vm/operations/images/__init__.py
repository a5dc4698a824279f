"""Images and the projects that they are shared with."""
