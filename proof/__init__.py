"""`make prove-on-aws`: AWS's rules and the product's life, on accounts that are given; everything is taken away again."""
