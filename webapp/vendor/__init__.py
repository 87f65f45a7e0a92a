"""Where the browser libraries come from: package.json with its lock, and what is kept of each."""
