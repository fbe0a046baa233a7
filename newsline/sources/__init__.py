"""Sources: the file of sources edited, lists of sites taken in, and the result of looking at a site."""
