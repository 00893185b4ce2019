"""Its folder is on the path: the rooms within find what systems share in the modules here."""
