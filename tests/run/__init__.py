"""`newsline run`: the whole line, as an operator has it for months, in a minute."""
