"""Revisions, named by four digits in the order in which they apply."""
