"""The state database: engines, migrations and the small tables the core keeps."""
