"""The paper's experiments, a folder or a file an artefact; the library's first user."""
