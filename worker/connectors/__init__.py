"""One module or package a service, all alike; none imports another."""
