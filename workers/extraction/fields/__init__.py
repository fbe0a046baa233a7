"""The fields of the metadata, a file for each: a function reads the document and returns a value with the origin."""
