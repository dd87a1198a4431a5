"""The measurements that README.md quotes; ``make bench`` runs them."""
