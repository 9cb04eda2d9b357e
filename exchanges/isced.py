from institutions.isced import *  # noqa: F403  moved; import institutions.isced
