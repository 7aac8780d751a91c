"""Normalization: what a voice is given to say for a text, and which part of the text each word of it stands for."""
