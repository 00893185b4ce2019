"""Many runs at once: members in the lanes of vectors, tiles of members on threads."""
