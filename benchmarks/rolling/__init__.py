"""Rolling: several servers behind a balancer, restarted one after the other while people speak."""
