"""The generator: a library that draws avatars and knows no bot, no chat, no database, no environment."""
