"""PCI: the hops of accesses on buses, the ordering rules of bridges, and the CPUs on the host bus."""
