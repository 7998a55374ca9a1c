"""Measurements: each module writes one ``benchmarks/results/<name>.json``; nothing here is a test."""
