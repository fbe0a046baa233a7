"""Valkey: the connection, names of keys, Lua scripts, and the state shared by spiders and workers."""
