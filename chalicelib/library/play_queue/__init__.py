"""The play queue: media that the owner's devices play one after the other."""
