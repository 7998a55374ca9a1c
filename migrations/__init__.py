"""The history of the database's schema, one revision a file."""
