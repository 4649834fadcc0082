"""`./run demo`: the platform at work on local imitations of the remote systems, with checks of what it shows."""
