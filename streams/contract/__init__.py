"""What others build on, for them to read: every topic and record as AsyncAPI, and that it stays compatible."""
