"""One module per official file format, each turning a file's bytes into list entries.

A format module has ``NAME`` (for messages), ``recognises(content)`` and ``read(content, place)``; it is made
known to Highfence by one line in :data:`streams.lists.loading.FORMATS`. What has no field of its own in
:class:`~streams.records.list_entry.ListEntry` goes to ``remarks``, so nothing of substance is lost.
"""
