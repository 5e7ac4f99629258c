"""Many questions at once: files, tables of architectures, placements of PCI devices."""
