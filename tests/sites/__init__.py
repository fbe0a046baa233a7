"""News sites that tests crawl and `make demo` shows: a real HTTP server on loopback and the sites it serves.

`server.serve` opens sites; `site.Site` is one of them, to be changed while it is open; `catalog.load` reads a bundled
one, and `catalog.expected` what a crawl of it has to bring.
"""
