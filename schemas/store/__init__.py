"""Valkey: the connection, the names of keys, and the state that spiders and workers share in them."""
