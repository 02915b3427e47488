"""One module per official file format, each turning a file into list entries.

A format module has ``NAME`` (for messages), ``recognises(file)`` and ``read(file)``, where the file is a
:class:`~streams.lists.sources.content.ListFile`; it is made known to Highfence by one line in
:data:`streams.lists.loading.FORMATS`. A file may hold several lists: each entry names its source. What has no field of
its own in :class:`~streams.records.list_entry.ListEntry` goes to ``remarks``, so nothing of substance is lost.

The other modules are what formats share: ``content`` (bytes, archives, encodings), ``tables`` (rows), ``elements``
(XML), ``draft`` (an entry in the making), ``written_dates``, ``places``, ``listed_names``.
"""
