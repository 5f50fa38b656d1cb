"""Generated pictures, clips and sounds, of which everything is known; raw arrays, no files."""
