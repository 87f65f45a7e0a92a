"""The rule book: one expression over the facts and one page per rule."""
