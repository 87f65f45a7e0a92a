"""One module per file format. Each turns bytes into text columns and judges nothing about their meaning."""
