"""Reads shops and announces what they issued."""
