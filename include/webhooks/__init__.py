"""What a remote sends by itself, as pure functions: who sent it, and what it says."""
