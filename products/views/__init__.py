"""Pages of products: the producer's public page, enquiries, a cooperative's own products."""
