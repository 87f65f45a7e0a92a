"""One module per kind of value. Each turns a column of text into typed values and says which rows fail."""
