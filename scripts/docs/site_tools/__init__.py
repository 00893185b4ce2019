"""What the site makes of other sources: the reference, links to it, glossary, gallery figures."""
