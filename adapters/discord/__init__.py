"""Discord: the same commands, replies and promises, said in slash commands, buttons and menus."""
