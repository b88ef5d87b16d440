"""Translates HTTP requests and answers, and checks API tokens."""
