"""One module a language: files(model) returns {path: text} of what it generates."""
