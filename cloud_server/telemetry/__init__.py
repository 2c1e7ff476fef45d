"""What is measured of a running server, its queue, its edges and what people say: one noun a file, counted and never decided on."""
