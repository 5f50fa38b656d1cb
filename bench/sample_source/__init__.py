"""The sources of the sample library: texts under ``text/``, and the code that sets them."""
