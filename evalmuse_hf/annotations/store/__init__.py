"""The store of an annotation campaign, in SQLite or on a database server; everything below here needs SQLAlchemy."""
