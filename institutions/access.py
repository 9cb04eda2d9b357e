"""One access function per object: it answers the object, or 404 alike for what is unknown and what is forbidden."""
