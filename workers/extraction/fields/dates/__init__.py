"""Dates: when an article was published and modified, in the calendars and languages of the world.

The way of a date:
1. published_modified, called by `workers.extraction.metadata`, lists the candidates and chooses.
2. day_month_order decides whether 03/04/2026 is in March or in April.
3. visible_dates finds the dates that readers see, and the local time of an instant in UTC.
4. date_parser reads each text into a `Moment`, with the precision of the text.
5. calendars turns the days of other calendars into Gregorian dates.
6. `Moment.stamp` makes the record's `Timestamp` of the chosen moment (schemas/timestamp.py).
"""
