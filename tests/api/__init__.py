"""The live suite: what a client may rely on, asked of any deployment. It needs requests and pytest, nothing of the project."""
