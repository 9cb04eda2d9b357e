"""Breaking things on purpose: servers of one's own, a mail sink that refuses and hangs up, workers that die."""
