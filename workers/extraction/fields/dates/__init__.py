"""Dates: when an article was published and modified, in the calendars and languages of the world."""
