"""Small towers of one space: captions, pictures, clips and sounds, trained from scratch."""
