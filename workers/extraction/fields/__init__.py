"""The metadata's fields, one file each: a function from the document to a value with its origin, or None."""
