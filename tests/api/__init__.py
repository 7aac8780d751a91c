"""The live suite: it checks any deployment for what clients may rely on. It needs requests and pytest, nothing of the project."""
