"""The desk's web side: a console of pages made on the server, and the same as JSON."""
