"""``python -m streams.cli`` is the ``highfence`` command."""

from streams.cli import main

main()
