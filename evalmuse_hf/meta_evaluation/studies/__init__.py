"""Studies: experiments that answer one question each, from their design to the table."""
