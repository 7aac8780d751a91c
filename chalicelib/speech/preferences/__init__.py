"""Preferences of a listener: what a new recording takes where its request says nothing."""
