"""URLs: spellings of the same page, parameters without meaning, sites, and words in paths."""
