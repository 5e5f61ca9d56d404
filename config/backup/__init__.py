"""Everything that an installation holds as one archive, made while it runs, and brought back from it.

make.py writes the archive: tables.py a moment of the database, places.py the files that belong to that moment.
bring_back.py reads it again. archive.py is the form: a tar whose last entry lists all others with their hashes.
"""
