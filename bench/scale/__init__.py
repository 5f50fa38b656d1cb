"""Search at growing sizes and shares of visibility, beside the libraries one could use instead."""
