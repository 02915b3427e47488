"""What travels on topics: typed records and their JSON form, one module per record."""
