"""The desk: alerts and what people did about them become cases; a web console and an API to work on them."""
