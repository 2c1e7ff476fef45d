"""Numbers, units, times and money as they are said and as they are written, and both ways between. Pure, English."""
