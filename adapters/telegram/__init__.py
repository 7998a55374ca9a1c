"""Telegram: one bot in many groups, whose members it serves in private."""
