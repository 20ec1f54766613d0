"""The bundled sample network and data."""
