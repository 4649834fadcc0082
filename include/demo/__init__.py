"""`./run demo`: the platform at work on local imitations of three remote systems, with checks of what it shows."""
