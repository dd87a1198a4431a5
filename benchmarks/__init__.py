"""The measurements that docs/benchmarks.md quotes; ``make bench`` runs them."""
